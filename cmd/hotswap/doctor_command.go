package main

import (
	"os/signal"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/urfave/cli/v2"
)

func doctorCommand(std streams, code *int) *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "try each mechanism on this machine and say what is missing",
		Flags:        []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the findings as JSON"}},
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return exit.Usagef("doctor takes no arguments: leave out %q", c.Args().First())
			}
			ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			d := doctor.Diagnose(ctx, std.in)
			if ctx.Err() != nil {
				*code, _ = demo.Interrupted(std.err, ctx.Err())
				return nil
			}
			*code = d.Code
			if c.Bool("json") {
				return d.WriteJSON(std.out)
			}
			return d.WriteText(std.out)
		},
	}
}
