package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/mcp"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
)

func mcpCommand() *cli.Command {
	return client.New("mcp", "offer start, wait, status, logs, why and more to an agent, over stdio",
		func(ctx context.Context, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			return mcp.Serve(ctx, self, version(), setup.ProgramOf)
		})
}
