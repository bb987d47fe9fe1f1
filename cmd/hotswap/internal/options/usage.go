package options

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// UnknownCommand says how to run a program.
func UnknownCommand(c *cli.Context) error {
	return exit.Usagef("unknown command %q; to run a program write: hotswap -- %s", c.Args().First(), strings.Join(c.Args().Slice(), " "))
}

// UsageError says which argument the library could not read. The library has no types for
// these errors, but their texts are fixed.
func UsageError(_ *cli.Context, err error, _ bool) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return exit.Usagef("unknown option %s; see hotswap help options", dashed(name))
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return exit.Usagef("%s needs a value; see hotswap help options", dashed(name))
	}
	return exit.Usagef("%w; see hotswap help options", err)
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
