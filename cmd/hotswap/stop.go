package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func stopCommand(std streams) *cli.Command {
	return asks("stop", "drain, stop, and wait until nothing is left", nil,
		func(c *cli.Context, client *control.Client) error {
			if _, err := ready(c, client); err != nil {
				return err
			}
			end := watchEnd(client.PID())
			r, err := client.Stop(c.Context)
			if err != nil {
				return err
			}
			if r.Outcome != control.OutcomeStopped {
				return refused(r)
			}
			end()
			_, err = fmt.Fprintln(std.out, "stopped")
			return err
		})
}
