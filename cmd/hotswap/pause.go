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
	return pausing(std, "pause", "keep changes of files, and swap for none, until hotswap resume", (*control.Client).Pause)
}

func resumeCommand(std streams) *cli.Command {
	return pausing(std, "resume", "make one swap of the changes that were kept", (*control.Client).Resume)
}

// pausing returns a sub-command that asks for a pause, or for its end.
func pausing(std streams, name, usage string, ask func(*control.Client, context.Context) (control.Result, error)) *cli.Command {
	return clientCommand(name, usage, nil, func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
		r, err := ask(client, ctx)
		if err != nil {
			return err
		}
		text := r.Outcome // paused
		switch {
		case r.Outcome == control.OutcomeNothing && name == "pause":
			return exit.Failedf("nothing to pause: that hotswap watches no files (--no-watch)")
		case r.Outcome == control.OutcomeNothing:
			text = "not paused"
		case r.Outcome == control.OutcomeResumed && r.Files > 0:
			text = fmt.Sprintf("resumed: one swap for %s", human.Count(r.Files, "changed file"))
		case r.Outcome == control.OutcomeResumed:
			text = "resumed: no file has changed"
		case r.Outcome != control.OutcomePaused:
			return notDone(r)
		}
		_, err = fmt.Fprintln(std.out, text)
		return err
	})
}
