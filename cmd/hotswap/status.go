package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/everywhere"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func statusCommand(std streams) *cli.Command {
	var asJSON bool
	one := client.Which("status", "show the hotswaps that run in this directory", "",
		func(ctx context.Context, which instance.Which, _ []string) error {
			sockets, err := which.FindAll()
			var all []json.RawMessage // with what only a newer hotswap has
			for _, socket := range sockets {
				err = errors.Join(err, client.Ask(ctx, socket, func(ctx context.Context, client *control.Client) error {
					var status json.RawMessage
					err := client.Status(ctx, &status)
					all = append(all, status)
					return err
				}))
			}
			return errors.Join(err, printStatus(std.out, all, asJSON))
		}, options.Switch(&asJSON, "json", "", "print JSON"))
	return options.OrAll(one, "list every hotswap of this user", func(ctx context.Context) error {
		return everywhere.List(ctx, std.out, asJSON)
	})
}

// printStatus prints a status, or several.
func printStatus(out io.Writer, all []json.RawMessage, asJSON bool) error {
	for _, status := range all {
		var st report.Status
		err := json.Unmarshal(status, &st)
		if err == nil && !asJSON {
			_, err = fmt.Fprintln(out, ui.StatusText(st, time.Now()))
		}
		if err != nil {
			return err
		}
	}
	switch {
	case !asJSON:
		return nil
	case len(all) == 1:
		return human.JSON(out, all[0])
	}
	return human.JSON(out, all)
}
