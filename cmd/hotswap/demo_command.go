package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

func demoCommand(std streams, code *int) *cli.Command {
	d := demo.Demo{Out: std.out, Err: std.err, Swaps: 20}
	flags := []cli.Flag{options.Number(&d.Swaps, "swaps", "how often each column replaces the server (20)")}
	return subCommand("demo", "compare swaps with plain restarts, under load; needs nothing installed", flags, func(ctx context.Context) (err error) {
		if d.Swaps < 1 {
			return exit.Usagef("--swaps %d: give 1 or more", d.Swaps)
		}
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		*code, err = d.Run(ctx)
		return err
	})
}

// demoServerCommand returns the server of demo and doctor. People have no use for it, so
// the help leaves it out.
func demoServerCommand() *cli.Command {
	port := 0
	flags := []cli.Flag{options.Number(&port, "port", "listen on this port of 127.0.0.1")}
	c := subCommand(demo.ServerName, "the server of demo and doctor", flags, func(context.Context) error {
		return demo.Serve(port)
	})
	c.Hidden = true
	return c
}
