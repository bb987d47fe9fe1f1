package ui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Reason returns why a command did not achieve what it asked for, or why a generation failed.
func Reason(res report.Result) string {
	unready := cmp.Or(res.Unready, stopped(res.Debuggers))
	switch {
	case res.Outcome == report.OutcomeSuperseded:
		return fmt.Sprintf("it was given up for a rollback to generation %d", res.By)
	case res.Outcome == report.OutcomeUnready:
		return unready
	case res.Build != nil:
		return buildFailure(*res.Build)
	}
	switch res.Why {
	case report.WhyExited:
		if res.Unready != "" {
			return res.Post.Reason + " before it was ready: " + res.Unready
		}
		if res.Listened {
			return res.Post.Reason + " before it was ready"
		}
		return res.Post.Reason + " before it listened"
	case report.WhyTimeout:
		if unready != "" {
			return "not ready in time: " + unready
		}
		if res.Listened {
			return "not ready in time"
		}
		return "did not listen in time"
	case report.WhyNotStarted:
		return res.Err.Error()
	}
	return string(res.Why)
}

// Why returns what commands about events get to know of a failure: a reason, and its cause.
func Why(reason, cause string) string {
	return plain.Short(secret.Text(human.Dots(reason, cause)), 4<<10)
}

// buildFailure returns which command failed, of which rule, and how.
func buildFailure(f report.BuildFailure) string {
	reason := cmp.Or(f.Post.Reason, f.Exit.String())
	if f.Err != nil {
		reason = f.Err.Error()
	}
	if f.Step.Name == report.Check {
		return "not swapped: it does not compile"
	}
	if f.Step.Name != options.BuildName {
		return fmt.Sprintf("%s (%s) failed: %s", oneLine(f.Step.Command), f.Step.Name, reason)
	}
	return "build failed: " + oneLine(f.Step.Command) + ": " + reason
}

// oneLine returns a command as it fits into a line.
func oneLine(command string) string {
	return plain.Short(strings.Join(strings.Fields(command), " "), 80) // bytes are enough for a line
}

// stopped returns what a debugger has to do with a boot that is not ready, or ""
// without debuggers. From outside hotswap cannot see whether a process is stopped, and
// in which debugger.
func stopped(debuggers []handoff.Endpoint) string {
	return human.If(len(debuggers) > 0, "is it stopped in a debugger at "+join(debuggers)+"?")
}
