package main

import (
	"os/signal"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/urfave/cli/v2"
)

func demoCommand(std streams, code *int) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "see it: swaps under load beside plain restarts",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "swaps", Value: 20, Usage: "how often the server is replaced, in each column"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
			&cli.IntFlag{Name: "port", Usage: "serve on this port of 127.0.0.1", DefaultText: "a free one"},
		},
		OnUsageError: usageError,
		Action: func(c *cli.Context) (err error) {
			d := demo.Demo{Out: std.out, Err: std.err, Screen: std.screen, Choose: engine.Choose, Swaps: c.Int("swaps"), JSON: c.Bool("json"), Port: c.Int("port")}
			switch {
			case c.NArg() > 0:
				return exit.Usagef("demo takes no arguments: leave out %q", c.Args().First())
			case d.Swaps < 1:
				return exit.Usagef("--swaps %d: give 1 or more", d.Swaps)
			case d.Port < 0 || d.Port > 65535:
				return exit.Usagef("--port %d: not a port", d.Port)
			}
			ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			*code, err = d.Run(ctx)
			return err
		},
	}
}
