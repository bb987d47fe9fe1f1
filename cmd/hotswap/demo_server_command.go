package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

// demoServerCommand returns the server of demo and doctor. People have no use for it, so
// the help leaves it out.
func demoServerCommand() *cli.Command {
	port, boot := 0, demo.Boot
	flags := []cli.Flag{
		options.Number(&port, "port", "listen on this port of 127.0.0.1"),
		options.Duration(&boot, "boot", "take this time to start"),
	}
	c := subCommand(demo.ServerName, "the server of demo and doctor", flags, func(context.Context) error {
		return demo.Serve(port, boot)
	})
	c.Hidden = true
	return c
}
