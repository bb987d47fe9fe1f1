package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func urlCommand(std streams) *cli.Command {
	return clientCommand("url", "print the URL of the program that runs in this directory", nil,
		func(ctx context.Context, client *control.Client) error {
			st, err := statusOf(ctx, client)
			if err != nil {
				return err
			}
			url := ui.URL(st)
			if url == "" {
				return exit.Unavailable(errors.New("the program serves no port; hotswap status shows what runs"))
			}
			_, err = fmt.Fprintln(std.out, url)
			return err
		})
}
