package main

import (
	"context"
	"os/exec"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

// demoServerCommand returns the server of demo and doctor. People have no use for it, so
// the help leaves it out.
func demoServerCommand() *cli.Command {
	port, boot, orphan := 0, demo.Boot, false
	flags := []cli.Flag{
		options.Number(&port, "port", "listen on this port of 127.0.0.1"),
		options.Duration(&boot, "boot", "take this time to start"),
		options.Switch(&orphan, "orphan", "", "start the server as a child and end"),
	}
	c := subCommand(demo.ServerName, "the server of demo and doctor", flags, func(context.Context) error {
		if !orphan {
			return demo.Serve(port, boot)
		}
		argv, err := demo.ServerArgv(port, boot)
		if err != nil {
			return err
		}
		return exec.Command(argv[0], argv[1:]...).Start()
	})
	c.Hidden = true
	return c
}
