package plan

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

type option struct{ name, value string }

var (
	loading = strings.Fields("-r --require --import --loader --experimental-loader")
	// valued are the options whose value may be the next word.
	valued = append(strings.Fields(
		"-C --conditions -e --eval -p --print --env-file --env-file-if-exists"), loading...)
	// scriptless are the options with which Node runs no file.
	scriptless = strings.Fields("-e --eval -p --print -pe --run")
)

func (o option) loads() bool { return slices.Contains(loading, o.name) }

// parse returns the options of a list, and of a command line the words from the script on.
func parse(args []string, command bool) (options []option, rest []string) {
	for len(args) > 0 && !(command && (args[0] == "--" || !strings.HasPrefix(args[0], "-"))) {
		name, value, has := strings.Cut(args[0], "=")
		name, args = strings.ReplaceAll(name, "_", "-"), args[1:]
		if slices.Contains(valued, name) && !has && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		options = append(options, option{name, value})
	}
	return options, args
}

// parseOptions returns the options of a list that has no script.
func parseOptions(args []string) []option { o, _ := parse(args, false); return o }

// commandLine returns the options of a process's command line, and the file that it has Node run; "": there is none.
func commandLine(p standby.Process) (options []option, script string) {
	options, rest := parse(ownArgs(p), true)
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 ||
		slices.ContainsFunc(options, func(o option) bool { return slices.Contains(scriptless, o.name) }) {
		return options, ""
	}
	return options, rest[0]
}

func ownArgs(p standby.Process) []string { return p.Argv[min(1, len(p.Argv)):] }
