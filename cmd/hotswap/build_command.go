package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/gobuild"
)

func buildCommand(command []string, code *int) *cli.Command {
	c := subCommand("build", "build a release of Go with hotswap's adapter (build -- go build)", nil,
		func(ctx context.Context) (err error) {
			*code, err = gobuild.Build(ctx, command)
			return err
		})
	c.ArgsUsage = takesCommand
	return c
}

func goflagsCommand(std streams) *cli.Command {
	return subCommand("goflags", "print the GOFLAGS that hotswap build sets", nil, func(ctx context.Context) error {
		flags, err := gobuild.Flags(ctx)
		fmt.Fprintln(std.out, flags)
		return err
	})
}
