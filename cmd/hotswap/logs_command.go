package main

import (
	"context"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func logsCommand(std streams) *cli.Command {
	var q control.LogQuery
	return client.Command("logs", "print what the program has written, by generation",
		func(ctx context.Context, client *control.Client) error {
			ended := false
			if q.Gen != 0 {
				var st report.Status
				if err := client.Status(ctx, &st); err != nil {
					return err
				}
				ended = !slices.ContainsFunc(st.Generations, func(g report.GenerationStatus) bool {
					return int(g.ID) == q.Gen
				})
			}
			q.Follow = q.Follow && !ended
			lines := ui.LogLines{Out: std.raw, Err: std.err}
			if _, err := tty.Get(int(os.Stdout.Fd())); err == nil {
				lines.Mark = terminal.Mark
				if q.Gen != 0 {
					lines.Mark = func(int) string { return "" }
				}
			}
			err := client.Log(ctx, q, lines.Print)
			if err == nil && ended && !lines.Any {
				return exit.Unavailablef("no such output of generation %d is kept", q.Gen)
			}
			return err
		}, options.Switch(&q.Follow, "follow", "f", "go on with what comes, until hotswap ends"),
		options.Number(&q.Gen, "gen", "only this generation"),
		options.Duration(&q.Since, "since", "only lines that are not older, such as 5m"))
}
