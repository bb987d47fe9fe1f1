package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/mcp"
)

func mcpCommand() *cli.Command {
	return subCommand("mcp", "offer wait, status, logs, reload, why and hold to an agent, over stdio", nil,
		func(ctx context.Context) error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			return mcp.Serve(ctx, self, version())
		})
}
