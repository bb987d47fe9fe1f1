package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func statusCommand(std streams) *cli.Command {
	return asks("status", "say how a running hotswap stands",
		[]cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print it as JSON"}},
		func(c *cli.Context, client *control.Client) error {
			b, err := ready(c, client)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				var out bytes.Buffer
				if err := json.Indent(&out, b, "", "  "); err != nil {
					return err
				}
				_, err := io.WriteString(std.out, out.String())
				return err
			}
			var st supervisor.Status
			if err := json.Unmarshal(b, &st); err != nil {
				return err
			}
			_, err = fmt.Fprintln(std.out, ui.StatusText(st, time.Now()))
			return err
		})
}
