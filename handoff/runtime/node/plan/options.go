package plan

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

type option struct{ name, value string }

var (
	loading = []string{"-r", "--require", "--import", "--loader", "--experimental-loader"}
	// valued are the options whose value may be the next word.
	valued = append([]string{"-C", "--conditions", "-e", "--eval", "-p", "--print", "--env-file",
		"--env-file-if-exists"}, loading...)
	// scriptless are the options with which Node runs no file.
	scriptless = []string{"-e", "--eval", "-p", "--print", "-pe", "--run"}
)

func (o option) loads() bool { return slices.Contains(loading, o.name) }

// optionsOf returns the options of a list, and of a command line the words from the script on.
func optionsOf(args []string, command bool) (options []option, rest []string) {
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

// commandOptions returns the options of a command line, which end at the script.
func commandOptions(args []string) []option { o, _ := optionsOf(args, true); return o }

// parseOptions returns the options of a list that has no script.
func parseOptions(args []string) []option { o, _ := optionsOf(args, false); return o }

// scriptOf returns the file that a command line has Node run; "": there is none.
func scriptOf(args []string) string {
	options, rest := optionsOf(args, true)
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	if len(rest) == 0 ||
		slices.ContainsFunc(options, func(o option) bool { return slices.Contains(scriptless, o.name) }) {
		return ""
	}
	return rest[0]
}

func ownArgs(p standby.Process) []string { return p.Argv[min(1, len(p.Argv)):] }
