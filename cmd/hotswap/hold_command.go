package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/outcome"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// takesCommand is the usage of sub-commands that run a command.
const takesCommand = "-- COMMAND"

// holdCommand returns the sub-command that runs command while changes are kept. Its exit code is that of command, or of
// the swap if command has succeeded.
func holdCommand(std streams, command []string) *cli.Command {
	hold := client.Command("hold", "keep changes while a command runs (hold -- COMMAND), then swap and wait",
		func(ctx context.Context, client *control.Client) error {
			r, end, err := client.PauseFor(ctx)
			if err != nil {
				return err
			}
			if _, err := outcome.Of("pause", r); err != nil {
				return err
			}
			ended, failed := terminal.Lend(command)
			r, err = end(ctx)
			switch {
			case failed != nil:
				return exit.Unavailable(failed)
			case err != nil:
			case r.Outcome == report.OutcomePaused:
				_, err = fmt.Fprintln(std.out, "paused by others, too: their end makes the swap")
			default:
				err = awaitOutcome(ctx, std, client)
			}
			if ended == 0 {
				return err
			}
			if err != nil {
				_, _ = fmt.Fprintf(std.err, "hotswap: %v\n", instance.Asked(client, err))
			}
			return exit.Ended(ended)
		})
	hold.ArgsUsage += " " + takesCommand
	run := hold.Action
	hold.Action = func(c *cli.Context) error {
		if len(command) == 0 {
			return exit.Usagef("hold needs a command; write for example: hotswap hold -- npm run codegen")
		}
		return run(c)
	}
	return hold
}
