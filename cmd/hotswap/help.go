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
		cli.HelpPrinter(c.App.Writer, allHelp+strings.Join(notes, ""), c.App)
		return nil
	}
	return c
}

// The templates of the library for the help; what they list comes from the commands and
// from the table of package options.
const (
	// firstHelp fits a terminal of 24 lines.
	firstHelp = `hotswap runs a server and puts a fresh process in its place on every save,
without closing the port.

  hotswap -- npm run dev  run this program
  hotswap                 run the command of the project's hotswap.yaml
  hotswap init            write hotswap.yaml for this project
  hotswap status          show what runs, and why the newest save does not serve
  hotswap reload          start a fresh process, and wait until it serves
  hotswap logs            print what the program has written
  hotswap doctor          try what hotswap needs on this machine
and hotswap completion help hold man mcp pause resume rollback stop url wait why

{{range .VisibleFlags}}{{with .Brief}}{{.}}
{{end}}{{end}}
hotswap help options tells all options, commands, keys and signals. Each option
is also a variable, HOTSWAP_READY, and a key of hotswap.yaml, drain_timeout.
`
	allHelp = `hotswap runs a server and puts a fresh process in its place on every save, without
closing the port.

  hotswap -- npm run dev{{"\t"}}run this program
  hotswap{{"\t"}}run the command of the project's hotswap.yaml
{{range .VisibleCommands}}  {{.HelpName}}{{"\t"}}{{.Usage}}
{{end}}
Usage: hotswap [options] -- command [args…]
{{$last := ""}}{{range .VisibleFlags}}{{if and .GetCategory (ne .GetCategory $last)}}{{$last = .GetCategory}}
{{$last}}:
{{end}}{{.}}
{{end}}
`
	commandHelp = `{{.HelpName}}{{with .ArgsUsage}} {{.}}{{end}}: {{.Usage}}

{{range .VisibleFlags}}{{.}}
{{end}}{{with .Description}}
Exit codes: {{.}}
{{end}}`
)

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
