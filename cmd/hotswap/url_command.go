package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func urlCommand(std streams) *cli.Command {
	var named bool
	return client.Command("url", "print the URL of the program that runs in this directory",
		func(ctx context.Context, client *control.Client) error {
			var st report.Status
			err := client.Status(ctx, &st)
			if err != nil {
				return err
			}
			url := st.URL
			if url == "" {
				return exit.Unavailablef("the program serves no port; hotswap status shows what runs")
			}
			if named {
				url, err = ui.Named(url, st.Dir)
				if err != nil {
					return exit.Unavailable(err)
				}
			}
			_, err = fmt.Fprintln(std.out, url)
			return err
		}, options.Switch(&named, "name", "",
			"with the folder's name before .localhost, so that each worktree has cookies of its own"))
}
