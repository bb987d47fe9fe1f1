package ui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Failure returns why a generation failed.
func Failure(n report.NoticeFailed) string {
	reason := cmp.Or(n.Post.Reason, n.Exit.String()) // an answer to a command has no post-mortem
	switch n.Why {
	case report.WhyExited:
		if n.Unready != "" {
			return reason + " before it was ready: " + n.Unready
		}
		return reason + " before it listened"
	case report.WhyTimeout:
		if unready := cmp.Or(n.Unready, stopped(n.Debuggers, false)); unready != "" {
			return "not ready in time: " + unready
		}
		return "did not listen in time"
	case report.WhyNotStarted:
		return n.Err.Error()
	}
	return string(n.Why)
}

// Reason returns why a command did not achieve what it asked for.
func Reason(res report.Result) string {
	switch {
	case res.Outcome == report.OutcomeSuperseded:
		return fmt.Sprintf("it was given up for a rollback to generation %d", res.By)
	case res.Outcome == report.OutcomeUnready && res.NeedsDebugger:
		return cmp.Or(res.Unready, stopped(res.Debuggers, true))
	case res.Outcome == report.OutcomeUnready:
		return res.Unready
	case res.Build != nil:
		return human.Dots(buildFailure(*res.Build), res.Build.Post.Cause())
	}
	return human.Dots(Failure(report.NoticeFailed{
		Why: res.Why, Exit: res.Exit, Err: res.Err, Post: res.Post, Unready: res.Unready, Debuggers: res.Debuggers,
	}), res.Post.Cause())
}

// buildFailure returns which command failed, of which rule, and how.
func buildFailure(f report.BuildFailure) string {
	reason := cmp.Or(f.Post.Reason, f.Exit.String())
	if f.Err != nil {
		reason = f.Err.Error()
	}
	if f.Step.Name != options.BuildName {
		return fmt.Sprintf("%s (%s) failed: %s", oneLine(f.Step.Command), f.Step.Name, reason)
	}
	return "build failed: " + oneLine(f.Step.Command) + ": " + reason
}

// longestCommand bounds what a line shows of a command, in runes.
const longestCommand = 80

// oneLine returns a command as it fits into a line.
func oneLine(command string) string {
	text := []rune(strings.Join(strings.Fields(command), " "))
	if len(text) > longestCommand {
		return string(text[:longestCommand-1]) + "…"
	}
	return string(text)
}

// stopped returns what a debugger has to do with a boot that is not ready, or ""
// without debuggers. From outside hotswap cannot see whether a process is stopped, and
// in which debugger.
func stopped(debuggers []handoff.Endpoint, waits bool) string {
	switch {
	case len(debuggers) == 0:
		return ""
	case waits:
		return fmt.Sprintf("it waits for a debugger at %s, or is stopped in it", join(debuggers))
	}
	return fmt.Sprintf("it did not listen; is it stopped in a debugger at %s?", join(debuggers))
}
