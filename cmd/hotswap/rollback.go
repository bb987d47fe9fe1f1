package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func rollbackCommand(std streams) *cli.Command {
	return clientCommand("rollback", "give new connections back to the previous generation", nil,
		func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
			r, err := client.Rollback(ctx)
			if err != nil {
				return err
			}
			switch r.Outcome {
			case control.OutcomeRolledBack:
				_, err = fmt.Fprintf(std.out, "generation %d serves again\n", r.Generation)
				return err
			case control.OutcomeNothing:
				return exit.Failedf("no older generation can serve any more")
			}
			return notDone(r)
		})
}
