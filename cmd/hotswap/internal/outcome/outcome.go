// Package outcome says for people what became of a command to a running hotswap.
package outcome

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Of returns what to print of the outcome of a command, or why the command was not carried out.
func Of(command string, r control.Result) (text string, err error) {
	generation := fmt.Sprintf("generation %d ", r.Generation)
	switch r.Outcome {
	case report.OutcomeServes, report.OutcomeRuns, report.OutcomeFinished:
		return generation + string(r.Outcome) + r.Ignored, nil
	case report.OutcomeFailed:
		if r.Generation == 0 { // no generation was begun
			return "", exit.Failedf("%s", r.Reason)
		}
		return "", exit.Failedf("%sfailed: %s", generation, r.Reason)
	case report.OutcomeUnready:
		if r.Reason != "" {
			return "", exit.Failedf("%sis not ready in time: %s", generation, r.Reason)
		}
		return generation + "runs, and has not listened", nil
	case report.OutcomeRolledBack:
		return generation + "serves again", nil
	case report.OutcomePaused:
		if command == "wait" {
			return "", exit.Unavailablef("changes are paused; hotswap resume makes a swap of them")
		}
		return "paused", nil
	case report.OutcomeResumed, report.OutcomeStopped: // a line of the terminal says of how many files
		return string(r.Outcome), nil
	case report.OutcomeStopping:
		return "", exit.Unavailablef("hotswap is stopping")
	case report.OutcomeNothing:
		switch command {
		case "rollback":
			return "", exit.Failedf("no older generation can serve any more; --probation 30s keeps one for longer")
		case "resume":
			return "not paused", nil
		}
		return "", exit.Failedf("nothing to pause: that hotswap watches no files (--no-watch)")
	}
	return "", exit.Unavailablef("unknown answer %q: that hotswap is of another version", r.Outcome)
}
