// Package outcome says for people what became of a command to a running hotswap.
package outcome

import (
	"errors"
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Says returns what to print of an outcome; "" and no error: the outcome is none of that command.
type Says func(control.Result) (string, error)

// ByName is what the commands print.
var ByName = map[string]Says{"reload": Reloaded, "rollback": rolledBack, "pause": Paused, "resume": resumed, "stop": stopped}

// Of returns what to print of an outcome, or why the command was not carried out.
func (s Says) Of(r control.Result) (text string, err error) {
	if text, err = s(r); err == nil && text == "" {
		err = notDone(r)
	}
	return text, err
}

// Reloaded is what to print of a reload, or of a save.
func Reloaded(r control.Result) (string, error) {
	text := fmt.Sprintf("generation %d ", r.Generation)
	switch r.Outcome {
	case report.OutcomeServes, report.OutcomeRuns, report.OutcomeFinished:
		return text + string(r.Outcome), nil
	case report.OutcomeFailed:
		if r.Generation == 0 { // no generation was begun
			return "", exit.Failedf("%s", r.Reason)
		}
		return "", exit.Failedf("%sfailed: %s", text, r.Reason)
	case report.OutcomeUnready:
		if r.Reason != "" {
			return "", exit.Failedf("%sis not ready in time: %s", text, r.Reason)
		}
		return text + "runs, and has not listened", nil
	}
	return "", nil
}

func rolledBack(r control.Result) (string, error) {
	switch r.Outcome {
	case report.OutcomeRolledBack:
		return fmt.Sprintf("generation %d serves again", r.Generation), nil
	case report.OutcomeNothing:
		return "", exit.Failedf("no older generation can serve any more; --probation 30s keeps one for longer")
	}
	return "", nil
}

// Paused is what to print of a pause.
func Paused(r control.Result) (string, error) {
	switch r.Outcome {
	case report.OutcomePaused:
		return "paused", nil
	case report.OutcomeNothing:
		return "", exit.Failedf("nothing to pause: that hotswap watches no files (--no-watch)")
	}
	return "", nil
}

func resumed(r control.Result) (string, error) {
	switch r.Outcome {
	case report.OutcomeNothing:
		return "not paused", nil
	case report.OutcomeResumed: // a line of the terminal says of how many files
		return "resumed", nil
	}
	return "", nil
}

func stopped(r control.Result) (string, error) {
	if r.Outcome == report.OutcomeStopped {
		return "stopped", nil
	}
	return "", nil
}

// notDone returns why hotswap did not carry out a command.
func notDone(r control.Result) error {
	if r.Outcome == report.OutcomeStopping {
		return exit.Unavailable(errors.New("hotswap is stopping"))
	}
	return exit.Unavailable(fmt.Errorf("unknown answer %q: that hotswap is of another version", r.Outcome))
}
