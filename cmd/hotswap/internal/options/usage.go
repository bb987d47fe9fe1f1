package options

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/nearest"
)

// UnknownCommand says how to run a program.
func UnknownCommand(c *cli.Context) error {
	var names []string
	for _, command := range c.App.VisibleCommands() {
		names = append(names, command.Names()...)
	}
	word := c.Args().First()
	return exit.Usagef("unknown command %q%s; to run a program write: hotswap -- %s", word,
		nearest.Hint(word, names, "hotswap "), strings.Join(c.Args().Slice(), " "))
}

// UsageError says which argument the library could not read. The library has no types for
// these errors, but their texts are fixed.
func UsageError(c *cli.Context, err error, _ bool) error {
	page := "hotswap help options"
	sub := c.App.Command(c.Command.Name) != nil
	if sub {
		page = "hotswap " + c.Command.Name + " --help"
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		if instead := elsewhere[name]; instead != "" && !sub {
			return exit.Usagef("unknown option %s: %s", dashed(name), instead)
		}
		var names []string
		for _, flag := range c.Command.Flags {
			names = append(names, flag.Names()...)
		}
		return exit.Usagef("unknown option %s%s; see %s", dashed(name), nearest.Hint(name, names, "--"), page)
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return exit.Usagef("%s needs a value; see %s", dashed(name), page)
	}
	return exit.Usagef("%w; see %s", err, page)
}

// elsewhere says of options of nodemon, watchexec and air what does the same here.
var elsewhere = map[string]string{
	"e": extension, "ext": extension, "exts": extension,
	"x": command, "exec": command,
	"c": "hotswap reads hotswap.yaml; hotswap init writes that from a script of package.json",
	"q": "hotswap has no quieter form; 2>/dev/null leaves out its lines and the program's standard error",
	"r": restart, "restart": restart,
	"delay": "write --quiet-time 1s", "debounce": "write --quiet-time 1s",
	"signal": "write --stop-signal SIGINT",
}

const (
	extension = "hotswap watches the sources of the program's language; for other files write --watch '**/*.sql'"
	command   = "write the command at the end: hotswap -- node server.js"
	restart   = "leave it out: hotswap starts a fresh process at each save"
)

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// OrAll gives a command the option --all, with which all runs in place of the command.
func OrAll(command *cli.Command, help string, all func(context.Context) error) *cli.Command {
	var every bool
	one := command.Action
	command.Flags = append(command.Flags, Switch(&every, "all", "", help))
	command.Action = func(c *cli.Context) error {
		args, err := Arguments(c)
		switch {
		case err != nil:
			return err
		case !every:
			return one(c)
		case len(args) > 0 || c.IsSet("pid"):
			return exit.Usagef("--all takes no name and no --pid")
		}
		return all(c.Context)
	}
	return command
}
