package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// helpCommand prints more than --help.
func helpCommand() *cli.Command {
	c := subCommand("help", "help options tells all options, keys, signals and exit codes", nil, nil)
	c.ArgsUsage = "options"
	c.Action = func(c *cli.Context) error {
		switch {
		case c.NArg() == 0:
			return cli.ShowAppHelp(c)
		case c.NArg() > 1 || c.Args().First() != "options":
			return exit.Usagef("no help about %q; write: hotswap help options", strings.Join(c.Args().Slice(), " "))
		}
		cli.HelpPrinter(c.App.Writer, page("help-options")+strings.Join(notes, ""), c.App)
		return nil
	}
	return c
}

// notes are the paragraphs after the options.
var notes = []string{
	`Each option is also a variable: HOTSWAP_DRAIN_TIMEOUT=30s is --drain-timeout 30s;
and a key of hotswap.yaml: drain_timeout: 30s.

`, `Keys: r reloads, b rolls back, p pauses, s shows the status, q drains and
stops, ? explains all.
`, `Signals: SIGHUP reloads. SIGUSR2 upgrades hotswap itself. SIGINT and SIGTERM drain and
stop; the same again after a second stops at once. SIGUSR1 goes to the program.
`, `Exit codes: 0 after a clean stop, 64 wrong usage, 69 not possible here, 70 hotswap's own
fault, 128+n stopped at once by signal n. With --no-watch: the code of a program that
ends before it has served.
`}
