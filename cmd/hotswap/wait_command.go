package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// waitCommand returns the sub-command that waits until the newest save serves or has failed, also below a hotswap that
// begins only now.
func waitCommand(std streams) *cli.Command {
	limit := wait.Patience
	return client.Which("wait", "wait until the newest save serves, or has failed", "",
		func(ctx context.Context, which instance.Which, _ []string) error {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			client, r, err := instance.AwaitSave(ctx, which)
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				var st report.Status
				_ = client.Status(context.Background(), &st) // without it the error says less
				return exit.Unavailablef("the newest save neither serves nor has failed after %s%s; see hotswap status",
					human.Duration(limit), ui.Awaited(st))
			case err != nil:
				return instance.Asked(client, err)
			}
			return printOutcome(std, "wait", r)
		}, options.Duration(&limit, "timeout", "give up after this time (default 30s)"))
}
