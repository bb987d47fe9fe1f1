package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func reloadCommand(std streams) *cli.Command {
	return asks("reload", "swap in a fresh process and wait for its fate", nil,
		func(c *cli.Context, client *control.Client) error {
			if _, err := ready(c, client); err != nil {
				return err
			}
			r, err := client.Reload(c.Context)
			if err != nil {
				return err
			}
			switch r.Outcome {
			case control.OutcomeServes:
				_, err = fmt.Fprintf(std.out, "generation %d serves\n", r.Generation)
				return err
			case control.OutcomeRuns:
				_, err = fmt.Fprintf(std.out, "generation %d runs\n", r.Generation)
				return err
			case control.OutcomeFailed:
				if r.Generation == 0 {
					return &exit.Error{Code: exit.CodeFailed, Err: errors.New(r.Reason)} // none was begun
				}
				return &exit.Error{Code: exit.CodeFailed, Err: fmt.Errorf("generation %d failed: %s", r.Generation, r.Reason)}
			case control.OutcomeFinished:
				_, err = fmt.Fprintf(std.out, "generation %d finished\n", r.Generation)
				return err
			case control.OutcomeUnready:
				if r.Reason != "" {
					return &exit.Error{Code: exit.CodeFailed, Err: fmt.Errorf("generation %d is not ready in time: %s", r.Generation, r.Reason)}
				}
				_, err = fmt.Fprintf(std.out, "generation %d runs, and has not listened\n", r.Generation)
				return err
			}
			return refused(r)
		})
}

// refused is why a command came to nothing.
func refused(r control.Result) error {
	if r.Outcome == control.OutcomeStopping {
		return exit.Unavailable(fmt.Errorf("hotswap is stopping"))
	}
	return exit.Unavailable(fmt.Errorf("unknown answer %q: that hotswap is of another version", r.Outcome))
}
