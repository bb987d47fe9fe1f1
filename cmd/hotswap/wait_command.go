package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// waitCommand returns the sub-command that waits until the newest save serves or has failed, also below a hotswap that
// begins only now.
func waitCommand(std streams) *cli.Command {
	var pid int
	limit := wait.Patience
	flags := []cli.Flag{options.Number(&pid, "pid", "the process ID of that hotswap"), options.Duration(&limit, "timeout", "give up after this time (default 30s)")}
	return subCommand("wait", "wait until the newest save serves, or has failed", flags, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		r, client, err := awaitSave(ctx, pid)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			var st report.Status
			_ = client.Status(context.Background(), &st) // without it the error says less
			return exit.Unavailable(fmt.Errorf("the newest save neither serves nor has failed after %s%s; see hotswap status", human.Duration(limit), ui.Awaited(st)))
		case err != nil:
			return asked(client, err)
		}
		return printOutcome(std, "wait", r)
	})
}

// awaitSave asks what became of the newest save, again and again while no hotswap runs. The client is nil if none has
// run until ctx ended.
func awaitSave(ctx context.Context, pid int) (r control.Result, client *control.Client, err error) {
	for {
		socket, err := instance.Find(pid)
		if err == nil {
			client = control.NewClient(socket)
			r, err = client.Command(ctx, "wait")
		}
		if !errors.Is(err, instance.ErrNone) && !errors.Is(err, control.ErrNotRunning) {
			return r, client, err
		}
		if wait.For(ctx, wait.Look) != nil {
			return r, client, err
		}
	}
}
