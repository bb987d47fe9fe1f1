package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

func doctorCommand(std streams, code *int) *cli.Command {
	var asJSON bool
	flags := []cli.Flag{options.Switch(&asJSON, "json", "", "print JSON")}
	return subCommand("doctor", "try each mechanism on this machine and say what is missing", flags, func(ctx context.Context) error {
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		d := doctor.Diagnose(ctx)
		if ctx.Err() != nil {
			*code, _ = demo.Interrupted(std.err, ctx.Err())
			return nil
		}
		*code = d.Code
		if asJSON {
			return d.WriteJSON(std.out)
		}
		return d.WriteText(std.out)
	})
}
