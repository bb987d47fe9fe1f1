package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

func doctorCommand(std streams) *cli.Command {
	c := client.New("doctor", "try what hotswap needs on this machine, and say what is missing",
		func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return doctor.Program(std.out, args[0])
			}
			ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			err := doctor.Diagnose(ctx, std.out)
			if errors.Is(err, context.Canceled) {
				fmt.Fprintln(std.err, "hotswap: interrupted; everything has been ended")
				return exit.Ended(exit.CodeSignal + int(syscall.SIGINT))
			}
			return err
		})
	c.ArgsUsage = "[BINARY]"
	return c
}

// doctorServerCommand returns the server of doctor. People have no use for it, so the help leaves it out.
func doctorServerCommand() *cli.Command {
	port := 0
	c := client.New(doctor.ServerName, "the server of doctor", func(context.Context, []string) error {
		return doctor.Serve(port)
	}, options.Number(&port, "port", "listen on this port of 127.0.0.1"))
	c.Hidden = true
	return c
}
