package ui

import (
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// because returns why a generation starts; change is the text for a change of files.
func because(c report.Cause, change string) string {
	switch c {
	case report.CauseCommand:
		return "on request"
	case report.CauseCrash:
		return "after a crash"
	case report.CauseClient:
		return "for a client"
	}
	return change
}

func (p *Printer) next(n report.Next) string {
	switch n.Kind {
	case report.NextKeeps:
		return fmt.Sprintf("generation %d still serves", n.Gen)
	case report.NextStart:
		return "starting a fresh one"
	case report.NextRestart:
		return "restarting" + human.If(n.In != 0, " in "+human.Duration(n.In))
	case report.NextWait:
		at := join(p.Queues())
		return p.waiting() + human.If(at != "", "; clients at "+at+" wait, and the next good version serves them")
	case report.NextDone:
		return human.Iff(n.Crashes > 1, "ending after %d crashes in a row", n.Crashes)
	case report.NextRuns:
		return fmt.Sprintf("generation %d goes on", n.Gen)
	}
	return ""
}

func (p *Printer) waiting() string {
	if p.NoWatch {
		return "waiting for a reload (SIGHUP)"
	}
	return "waiting for a change"
}

// changed returns the first file of a batch, and how many more there are.
func changed(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return files[0] + human.Iff(len(files) > 1, " and %d more", len(files)-1)
}

func join(endpoints []handoff.Endpoint) string {
	const most = 4
	var out []string
	for _, e := range endpoints {
		out = append(out, e.Short())
	}
	if more := len(out) - most; more > 1 {
		out = append(out[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, " ")
}
