package ui

import (
	"cmp"
	"fmt"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// Reason says why a command did not come to what was asked for.
func Reason(res supervisor.Result) string {
	switch {
	case res.Outcome == supervisor.OutcomeSuperseded:
		return fmt.Sprintf("it was given up for a rollback to generation %d", res.By)
	case res.Outcome == supervisor.OutcomeUnready && res.Waits:
		return cmp.Or(res.Unready, stopped(res.Debuggers, true))
	case res.Outcome == supervisor.OutcomeUnready:
		return res.Unready
	case res.Build != nil:
		return "build failed: " + buildFailure(*res.Build)
	}
	return Failure(supervisor.NoticeFailed{
		Why: res.Why, Exit: res.Exit, Err: res.Err, Post: res.Post, Unready: res.Unready, Debuggers: res.Debuggers,
	})
}
