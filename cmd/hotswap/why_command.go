package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/why"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func whyCommand(std streams) *cli.Command {
	return client.Which("why", "say what a change of the file PATH does, and by which line", "PATH",
		func(ctx context.Context, which instance.Which, own []string) error {
			if len(own) == 0 || own[0] == "" {
				return exit.Usagef("why takes one path; write for example: hotswap why src/server.ts")
			}
			dir, err := here()
			if err != nil {
				return err
			}
			socket, err := which.Find()
			if err != nil {
				return err
			}
			path := regular.Absolute(own[0], dir)
			return client.Ask(ctx, socket, func(ctx context.Context, client *control.Client) error {
				w, err := client.Why(ctx, path)
				if err != nil {
					return err
				}
				return why.Print(std.out, dir, path, w)
			})
		})
}
