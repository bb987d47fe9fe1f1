package main

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// version is set when a release is built (-ldflags -X).
var version = "dev"

// streams are the standard streams of hotswap itself.
type streams struct {
	in       *os.File
	out, err io.Writer // harmless to a terminal, whatever is written
	screen   io.Writer // err as it is, for what hotswap itself tells a terminal
}

// run is hotswap with these arguments; it returns the exit code.
func run(args []string, in *os.File, out, errOut io.Writer) int {
	std := streams{in, plain.NewWriter(out), plain.NewWriter(errOut), errOut}
	ours, command, dashed := split(args)
	code := exit.OK
	app := newApp(std, command, dashed, &code)
	if dashed && slices.ContainsFunc(ours[1:], func(a string) bool { return app.Command(a) != nil && a != "help" }) {
		return report(errOut, exit.Usagef("sub-commands take no program: leave out %q and what follows", "--"))
	}
	if err := app.RunContext(context.Background(), ours); err != nil {
		return report(errOut, err)
	}
	return code
}

// split parts hotswap's own arguments from the program's, at the first "--".
// It is done here because the program may be named like a sub-command.
func split(args []string) (ours, command []string, dashed bool) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:], true
	}
	return args, nil, false
}

func newApp(std streams, command []string, dashed bool, code *int) *cli.App {
	cli.AppHelpTemplate = helpText
	cli.VersionFlag = &cli.BoolFlag{Name: "version", DisableDefaultText: true} // -v is --verbose
	app := &cli.App{
		Name:    "hotswap",
		Version: version,
		Reader:  std.in, Writer: std.out, ErrWriter: std.err,
		HideHelpCommand: true,
		// A comma is part of a pattern: src/**/*.{ts,js}.
		DisableSliceFlagSeparator: true,
		Flags:                     options.Flags(),
		OnUsageError:              usageError,
		ExitErrHandler:            func(*cli.Context, error) {},
		Commands: []*cli.Command{
			statusCommand(std), reloadCommand(std), rollbackCommand(std), stopCommand(std),
			doctorCommand(std, code), demoCommand(std, code), demoServerCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				word := c.Args().First()
				return exit.Usagef("unknown command %q; to run a program write: hotswap -- %s", word, strings.Join(c.Args().Slice(), " "))
			}
			if !dashed {
				return cli.ShowAppHelp(c)
			}
			if len(command) == 0 {
				return exit.Usagef("no program after %q; write for example: hotswap -- npm run dev", "--")
			}
			return runAction(c, std, command, code)
		},
	}
	return app
}
