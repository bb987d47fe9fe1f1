package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// build prints what commands do: those before a start, programs beside, and those about events.
func (p *Printer) build(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeBuilding:
		level := levelDebug // each named step has a line of its own
		if len(n.Steps) > 0 && named(n.Steps) == "" {
			level = levelInfo
		}
		p.at(level, "building", "build", n.Build, "cause", n.Cause, "files", n.Files).
			dots("building", because(n.Cause, changed(n.Files)))
	case report.NoticeStep:
		s, command := n.Step, oneLine(n.Step.Command)
		level, text := levelInfo, "running "+command
		switch {
		case s.Name == report.Check:
			level, text = levelDebug, "compiling what has changed"
		case n.Unneeded:
			level, text = levelDebug, "not running "+command+": its inputs are as they were"
		case s.Name == options.BuildName:
			level = levelDebug
		}
		p.at(level, "step", "build", n.Build, "command", s.Command, "rule", s.Name, "unneeded", n.Unneeded).
			dots(text, s.Name)
	case report.NoticeAlone:
		s := n.Step
		p.info("alone", "build", n.Build, "command", s.Command, "rule", s.Name).
			dots("stopping the program before "+oneLine(s.Command), s.Name)
	case report.NoticeBuilt:
		level, text := levelDebug, "built"
		switch {
		case n.Ended:
			text = "the build was ended"
		case n.Build > 0 && n.Only && len(n.Steps) > 0:
			level, text = levelInfo, named(n.Steps)+" has run, and nothing starts for it"
		}
		p.at(level, "built", "build", n.Build, "took_ms", n.Took, "ended", n.Ended).
			dots(text, human.Duration(n.Took))
	case report.NoticeBuildFailed:
		f := n.Failure
		p.fail("build-failed", "build", n.Build, "cause", n.Cause, "files", n.Files,
			"command", f.Step.Command, "rule", f.Step.Name, "exit", f.Exit, "post", f.Post, "next", n.Next.Kind,
			"took_ms", n.Took, "error", f.Err).
			dots(buildFailure(f), human.If(n.Took > 0, human.Duration(n.Took)), changed(n.Files), f.Post.Cause(),
				p.next(n.Next))
	case report.NoticeBeside:
		end, command := n.End, oneLine(n.Command)
		if end == nil {
			p.debug("beside", "command", n.Command, "rule", n.Name).
				dots(command+" starts beside the program", n.Name)
			return
		}
		why := end.Post.Reason
		if end.Err != nil {
			why = end.Err.Error()
		}
		p.fail("beside-ended", "command", n.Command, "rule", n.Name, "exit", end.Exit,
			"stderr", end.Post.Last, "error", end.Err).
			dots(fmt.Sprintf("%s (%s) ended: %s", command, n.Name, why), end.Post.Cause(),
				p.next(report.Next{Kind: report.NextRestart, In: n.In}))
	case report.NoticeHook:
		end := n.End
		if end == nil {
			p.warn("hook-left-out", "command", n.Command, "rule", n.Name, "for", n.Event).
				Msgf("%s (%s) is left out for events: too many commands wait for one that runs", oneLine(n.Command),
					n.Name)
			return
		}
		p.warn("hook-failed", "command", n.Command, "rule", n.Name, "for", n.Event, "exit", end.Exit,
			"stderr", end.Post.Last, "error", end.Err).dots(buildFailure(*end), end.Post.Cause())
	}
}

// buildTime returns what ran before a generation, and for how long; "" if nothing did.
func buildTime(took time.Duration, ran []report.Step) string {
	ran = slices.DeleteFunc(slices.Clone(ran), func(s report.Step) bool { return s.Name == report.Check })
	if took == 0 || len(ran) == 0 {
		return ""
	}
	if text := named(ran); text != "" {
		return text + " in " + human.Duration(took)
	}
	return "built in " + human.Duration(took)
}

// named returns the commands of steps, with the places of their rules; "" if they are builds.
func named(steps []report.Step) string {
	var texts []string
	for _, s := range steps {
		if s.Name == options.BuildName {
			return ""
		}
		texts = append(texts, fmt.Sprintf("%s (%s)", oneLine(s.Command), s.Name))
	}
	if len(texts) > 3 {
		texts = append(texts[:2], fmt.Sprintf("%d more", len(texts)-2))
	}
	return strings.Join(texts, ", ")
}

func (p *Printer) TaskWaits(command string) {
	command = plain.Short(command, 200)
	p.info("task-waits", "command", command).
		Msgf("%s waits: another hotswap runs a task of this project", command)
}

func (p *Printer) TaskNotRemembered(command string, err error) {
	command = plain.Short(command, 200)
	p.warn("task-not-remembered", "command", command, "error", err).
		Msgf("%s runs at each start of hotswap, because its success cannot be remembered: %v", command, err)
}
