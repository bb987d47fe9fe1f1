// Package client has what sub-commands have in common: they read their options and arguments, and most of them ask a
// running hotswap.
package client

import (
	"cmp"
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// New returns a command that takes flags, and as many arguments before "--" as its ArgsUsage says.
func New(name, usage string, action func(_ context.Context, args []string) error, flags ...cli.Flag) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, Description: exit.Codes[name] + "; 64: wrong usage",
		Flags: append(flags, cli.HelpFlag), OnUsageError: options.UsageError, HideHelpCommand: true,
		Action: func(c *cli.Context) error {
			args, err := options.Arguments(c)
			own, _, _ := strings.Cut(c.Command.ArgsUsage, "--")
			takes := len(strings.Fields(own))
			switch {
			case err != nil:
				return err
			case cli.HelpFlag.IsSet():
				cli.HelpPrinter(c.App.Writer, cli.SubcommandHelpTemplate, c.Command)
				return nil
			case len(args) > takes:
				return exit.Usagef("%s takes %s: leave out %q", name, cmp.Or(strings.TrimSpace(own), "no arguments"), args[takes])
			}
			return action(c.Context, args)
		},
	}
}

// Which returns a sub-command that asks a hotswap, and which one: by --pid, or by its last argument, a name.
// What comes before are the command's own arguments.
func Which(name, usage, own string, action func(_ context.Context, _ instance.Which, own []string) error,
	flags ...cli.Flag) *cli.Command {
	which := instance.Which{Command: strings.TrimSpace(name + " " + own)}
	takes := len(strings.Fields(own))
	c := New(name, usage, func(ctx context.Context, args []string) error {
		if len(args) > takes {
			which.Name = args[takes]
			args = args[:takes]
		}
		return action(ctx, which, args)
	}, append(flags, options.Number(&which.PID, "pid", "the process ID of that hotswap"))...)
	c.ArgsUsage = strings.TrimSpace(own + " [NAME]")
	return c
}

// Command returns a sub-command that speaks with a running hotswap, which has answered when action is called.
func Command(name, usage string, action func(context.Context, *control.Client) error,
	flags ...cli.Flag) *cli.Command {
	return Which(name, usage, "", func(ctx context.Context, which instance.Which, _ []string) error {
		socket, err := which.Find()
		if err != nil {
			return err
		}
		return Ask(ctx, socket, action)
	}, flags...)
}

// Ask calls action when the hotswap with that control socket has answered.
func Ask(ctx context.Context, socket string, action func(context.Context, *control.Client) error) error {
	client := control.NewClient(socket)
	soon, cancel := context.WithTimeout(ctx, wait.Answer)
	defer cancel()
	err := client.Answers(soon)
	if err == nil {
		err = action(ctx, client)
	}
	return instance.Asked(client, err)
}
