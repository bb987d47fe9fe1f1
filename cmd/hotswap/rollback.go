package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func rollbackCommand(std streams) *cli.Command {
	return asks("rollback", "steer back to the generation that served before", nil,
		func(c *cli.Context, client *control.Client) error {
			if _, err := ready(c, client); err != nil {
				return err
			}
			r, err := client.Rollback(c.Context)
			if err != nil {
				return err
			}
			switch r.Outcome {
			case control.OutcomeRolledBack:
				_, err = fmt.Fprintf(std.out, "generation %d serves again\n", r.Generation)
				return err
			case control.OutcomeNothing:
				return &exit.Error{Code: exit.CodeFailed, Err: errors.New("no older generation can serve any more")}
			}
			return refused(r)
		})
}
