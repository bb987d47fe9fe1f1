package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func pauseCommand(std streams) *cli.Command {
	return clientCommand("pause", "keep changes of files, and swap for none, until hotswap resume", nil,
		func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
			r, err := client.Pause(ctx)
			switch {
			case err != nil:
				return err
			case r.Outcome == control.OutcomePaused:
				_, err = fmt.Fprintln(std.out, "paused")
				return err
			case r.Outcome == control.OutcomeNothing:
				return exit.Failedf("nothing to pause: that hotswap watches no files (--no-watch)")
			}
			return notDone(r)
		})
}

func resumeCommand(std streams) *cli.Command {
	return clientCommand("resume", "make one swap of the changes that were kept", nil,
		func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
			r, err := client.Resume(ctx)
			switch {
			case err != nil:
				return err
			case r.Outcome == control.OutcomeResumed && r.Files > 0:
				_, err = fmt.Fprintf(std.out, "resumed: one swap for %s\n", human.Count(r.Files, "changed file"))
				return err
			case r.Outcome == control.OutcomeResumed:
				_, err = fmt.Fprintln(std.out, "resumed: no file has changed")
				return err
			case r.Outcome == control.OutcomeNothing:
				_, err = fmt.Fprintln(std.out, "not paused")
				return err
			}
			return notDone(r)
		})
}
