package main

import (
	"cmp"
	"embed"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// pages has a template for each help, each shell's completion and the man page. What they list comes from
// the commands and from the table of package options. The library's own completion runs hotswap at
// each key and knows no values; its man page has no groups and links a renderer of Markdown.
//
//go:embed pages
var pages embed.FS

func page(name string) string {
	text, err := pages.ReadFile("pages/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}

func pageCommands() []*cli.Command {
	return []*cli.Command{
		pageCommand("help", "help options tells all options, keys, signals and exit codes", "", "options"),
		pageCommand("completion", "print what completes options and commands in a shell: bash, zsh or fish", "bash",
			"zsh", "fish"),
		pageCommand("man", "print the man page; hotswap man | man -l - shows that page", ""),
	}
}

// pageCommand returns a sub-command that prints the page that its argument names, or else the page
// of its own name.
func pageCommand(name, usage string, names ...string) *cli.Command {
	c := client.New(name, usage, nil)
	c.ArgsUsage = strings.TrimPrefix(strings.Join(names, "|"), "|")
	c.Action = func(c *cli.Context) error {
		which := strings.Join(c.Args().Slice(), " ")
		if !slices.Contains(names, which) {
			return exit.Usagef("%s has no page %q; write: %s", name, which,
				strings.TrimSpace("hotswap "+name+" "+c.Command.ArgsUsage))
		}
		cli.HelpPrinterCustom(c.App.Writer, page(cmp.Or(which, name)), c.App, map[string]any{
			"notes": func() []string { return notes },
			"zsh":   strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`).Replace,
			"fish":  strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace,
			"roff":  strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace,
		})
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
