package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

func demoCommand(std streams, code *int) *cli.Command {
	d := demo.Demo{Out: std.out, Err: std.err, Screen: std.screen, Choose: engine.Choose, Swaps: 20}
	flags := []cli.Flag{
		options.Number(&d.Swaps, "swaps", "how often each column replaces the server (20)"),
		options.Switch(&d.JSON, "json", "", "print JSON"),
		options.Number(&d.Port, "port", "serve on this port of 127.0.0.1 (a free one)"),
	}
	return subCommand("demo", "compare swaps with plain restarts, under load; needs nothing installed", flags, func(ctx context.Context) (err error) {
		switch {
		case d.Swaps < 1:
			return exit.Usagef("--swaps %d: give 1 or more", d.Swaps)
		case d.Port < 0 || d.Port > 65535:
			return exit.Usagef("--port %d: not a port", d.Port)
		}
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		*code, err = d.Run(ctx)
		return err
	})
}
