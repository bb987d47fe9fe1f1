package options

import (
	"strings"

	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// isNear is the likeness, by Jaro and Winkler, from which a name may be the one that was meant: that
// of init and intt.
const isNear = 0.86

// Near returns the name that is nearest to a wrong one, or "" if none is near. In names, '-' is as good as '_'.
func Near(wrong string, names []string) (near string) {
	if len(wrong) > longestName {
		return ""
	}
	best := 0.0
	wrong = alike.Replace(strings.ToLower(wrong))
	for _, name := range names {
		if l := smetrics.JaroWinkler(wrong, alike.Replace(name), 0.7, 4); l >= isNear && l > best {
			near, best = name, l
		}
	}
	return near
}

// longestName bounds a name that Near compares, in bytes.
const longestName = 64

var alike = strings.NewReplacer("-", "_")

// UnknownCommand says which command was meant.
func UnknownCommand(c *cli.Context) error {
	var names []string
	for _, command := range c.App.VisibleCommands() {
		names = append(names, command.Name)
	}
	meant, run := "", strings.Join(c.Args().Slice(), " ")
	if near := Near(c.Args().First(), names); near != "" {
		meant = "; did you mean hotswap " + near + "?"
	}
	return exit.Usagef("unknown command %q%s; to run a program write: hotswap -- %s", c.Args().First(), meant, run)
}

// UsageError says which argument the library could not read. The library has no types for
// these errors, but their texts are fixed.
func UsageError(c *cli.Context, err error, _ bool) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		if near := Near(name, longNames(c.Command.Flags)); near != "" {
			return exit.Usagef("unknown option %s; did you mean %s?", dashed(name), dashed(near))
		}
		return exit.Usagef("unknown option %s; see hotswap help options", dashed(name))
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return exit.Usagef("%s needs a value; see hotswap help options", dashed(name))
	}
	return exit.Usagef("%w; see hotswap help options", err)
}

// longNames returns the names that are written with two dashes.
func longNames(flags []cli.Flag) (names []string) {
	for _, f := range flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				names = append(names, name)
			}
		}
	}
	return names
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
