package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/why"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func whyCommand(std streams) *cli.Command {
	var path string
	c := clientCommand("why", "say what a change of the file PATH does, and by which line", nil,
		func(ctx context.Context, client *control.Client) error {
			dir, err := here()
			if err != nil {
				return err
			}
			path = regular.Absolute(path, dir)
			w, err := client.Why(ctx, path)
			if err != nil {
				return err
			}
			return why.Print(std.out, dir, path, w)
		})
	c.ArgsUsage = "PATH"
	ask := c.Action
	c.Action = func(c *cli.Context) error {
		path = c.Args().First()
		if c.NArg() != 1 || path == "" {
			return exit.Usagef("why takes one path; write for example: hotswap why src/server.ts")
		}
		return ask(c)
	}
	return c
}
