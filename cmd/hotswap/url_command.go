package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func urlCommand(std streams) *cli.Command {
	return clientCommand("url", "print the URL of the program that runs in this directory", nil,
		func(_ context.Context, _ *control.Client, status json.RawMessage) error {
			var st report.Status
			if err := json.Unmarshal(status, &st); err != nil {
				return err
			}
			url := ui.URL(st)
			if url == "" {
				return exit.Unavailable(errors.New("the program serves no port; hotswap status shows what runs"))
			}
			_, err := fmt.Fprintln(std.out, url)
			return err
		})
}
