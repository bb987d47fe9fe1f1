package main

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
)

func doctorCommand(std streams, code *int) *cli.Command {
	return subCommand("doctor", "try what hotswap needs on this machine, and say what is missing", nil, func(ctx context.Context) (err error) {
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		if *code, err = doctor.Diagnose(ctx, std.out); err != nil {
			*code, err = demo.Interrupted(std.err, err)
		}
		return err
	})
}
