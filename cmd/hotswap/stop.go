package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func stopCommand(std streams) *cli.Command {
	return clientCommand("stop", "drain, stop, and wait until no process is left", nil,
		func(ctx context.Context, client *control.Client, _ json.RawMessage) error {
			waitForEnd := watchEnd(client.PID())
			r, err := client.Stop(ctx)
			if err != nil {
				return err
			}
			if r.Outcome != control.OutcomeStopped {
				return notDone(r)
			}
			waitForEnd()
			_, err = fmt.Fprintln(std.out, "stopped")
			return err
		})
}
