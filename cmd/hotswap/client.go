package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// clientCommand returns a sub-command that speaks with a running hotswap, which has answered when action is called.
func clientCommand(name, usage string, flags []cli.Flag,
	action func(context.Context, *control.Client) error) *cli.Command {
	var pid int
	flags = append(flags, options.Number(&pid, "pid", "the process ID of that hotswap"))
	return subCommand(name, usage, flags, func(ctx context.Context) error {
		socket, err := instance.Find(pid)
		if err != nil {
			return err
		}
		client := control.NewClient(socket)
		soon, cancel := context.WithTimeout(ctx, wait.Answer)
		defer cancel()
		err = client.Answers(soon)
		if err == nil {
			err = action(ctx, client)
		}
		return asked(client, err)
	})
}

// asked returns the error of a command that has asked a running hotswap.
func asked(client *control.Client, err error) error {
	switch {
	case err == nil, errors.As(err, new(*exit.Error)):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return exit.Unavailablef("hotswap (process %d) does not answer; if it is stopped (Ctrl-Z), continue it by fg",
			client.PID())
	case control.Ended(err):
		return exit.Unavailablef("hotswap (process %d) has ended before it answered", client.PID())
	}
	return exit.Unavailable(err)
}
