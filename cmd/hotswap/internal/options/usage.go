package options

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/nearest"
)

// UnknownCommand says how to run a program.
func UnknownCommand(c *cli.Context) error {
	var names []string
	for _, command := range c.App.Commands {
		if !command.Hidden {
			names = append(names, command.Names()...)
		}
	}
	word := c.Args().First()
	return exit.Usagef("unknown command %q%s; to run a program write: hotswap -- %s", word, nearest.Hint(word, names, "hotswap "), strings.Join(c.Args().Slice(), " "))
}

// UsageError says which argument the library could not read. The library has no types for
// these errors, but their texts are fixed.
func UsageError(c *cli.Context, err error, _ bool) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return exit.Usagef("unknown option %s%s; see hotswap help options", dashed(name), nearest.Hint(name, longNames(c.Command.Flags), "--"))
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return exit.Usagef("%s needs a value; see hotswap help options", dashed(name))
	}
	return exit.Usagef("%w; see hotswap help options", err)
}

// longNames returns the names of flags that are longer than a letter.
func longNames(flags []cli.Flag) (names []string) {
	for _, flag := range flags {
		names = append(names, slices.DeleteFunc(flag.Names(), func(name string) bool { return len(name) == 1 })...)
	}
	return names
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
