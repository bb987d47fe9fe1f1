package main

import (
	"os/exec"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/urfave/cli/v2"
)

// demoServerCommand is the server of demo and doctor. It is hidden, because it is of
// use to nobody else.
func demoServerCommand() *cli.Command {
	return &cli.Command{
		Name: demo.ServerName, Hidden: true,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "port", Required: true},
			&cli.DurationFlag{Name: "boot", Value: demo.Boot},
			&cli.BoolFlag{Name: "orphan", Usage: "start the server as a child and end"},
		},
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if c.Bool("orphan") {
				argv, err := demo.ServerArgv(c.Int("port"), c.Duration("boot"))
				if err != nil {
					return err
				}
				return exec.Command(argv[0], argv[1:]...).Start()
			}
			return demo.Serve(c.Int("port"), c.Duration("boot"))
		},
	}
}
