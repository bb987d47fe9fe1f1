package main

import (
	"context"

	"github.com/urfave/cli/v2"

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
		return instance.Asked(client, err)
	})
}
