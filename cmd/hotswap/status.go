package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/everywhere"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func statusCommand(std streams) *cli.Command {
	var asJSON bool
	one := clientCommand("status", "show the hotswap that runs in this directory",
		[]cli.Flag{options.Switch(&asJSON, "json", "", "print JSON")},
		func(ctx context.Context, client *control.Client) error {
			var status json.RawMessage // with what only a newer hotswap has
			if err := client.Status(ctx, &status); err != nil {
				return err
			}
			var st report.Status
			if err := json.Unmarshal(status, &st); err != nil {
				return err
			}
			if asJSON {
				if url, _ := json.Marshal(ui.URL(st)); ui.URL(st) != "" {
					status = slices.Concat([]byte(`{"url":`), url, []byte(","), status[1:])
				}
				text, _ := json.MarshalIndent(status, "", "  ") // of JSON it does not fail
				_, err := fmt.Fprintln(std.out, string(text))
				return err
			}
			_, err := fmt.Fprintln(std.out, ui.StatusText(st, time.Now()))
			return err
		})
	return options.OrAll(one, "list every hotswap of this user", func(ctx context.Context) error {
		return everywhere.List(ctx, std.out, asJSON, ui.URL)
	})
}
