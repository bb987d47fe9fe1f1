package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/gobuild"
)

func buildCommand(command []string) *cli.Command {
	c := client.New("build", "build a release of Go with hotswap's adapter (build -- go build)",
		func(ctx context.Context, _ []string) error { return gobuild.Build(ctx, command) })
	c.ArgsUsage = takesCommand
	return c
}

func goflagsCommand(std streams) *cli.Command {
	return client.New("goflags", "print the GOFLAGS that hotswap build sets", func(ctx context.Context, _ []string) error {
		flags, err := gobuild.Flags(ctx)
		fmt.Fprintln(std.out, flags)
		return err
	})
}
