package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func reloadCommand(std streams) *cli.Command {
	return clientCommand("reload", "swap in a fresh process and wait until it serves or fails", nil,
		func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
			r, err := client.Reload(ctx)
			if err != nil {
				return err
			}
			text := ""
			switch {
			case r.Outcome == control.OutcomeServes:
				text = "serves"
			case r.Outcome == control.OutcomeRuns:
				text = "runs"
			case r.Outcome == control.OutcomeFinished:
				text = "finished"
			case r.Outcome == control.OutcomeFailed && r.Generation == 0: // no generation was begun
				return exit.Failedf("%s", r.Reason)
			case r.Outcome == control.OutcomeFailed:
				return exit.Failedf("generation %d failed: %s", r.Generation, r.Reason)
			case r.Outcome == control.OutcomeUnready && r.Reason != "":
				return exit.Failedf("generation %d is not ready in time: %s", r.Generation, r.Reason)
			case r.Outcome == control.OutcomeUnready:
				text = "runs, and has not listened"
			default:
				return notDone(r)
			}
			_, err = fmt.Fprintf(std.out, "generation %d %s\n", r.Generation, text)
			return err
		})
}
