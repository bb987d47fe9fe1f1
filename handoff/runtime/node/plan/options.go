package plan

import (
	"iter"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// option is an option of Node, with its value.
type option struct{ name, value string }

var (
	loading = []string{"-r", "--require", "--import", "--loader", "--experimental-loader"}
	// valued are the options whose value may be the next word.
	valued = append([]string{"-C", "--conditions", "-e", "--eval", "-p", "--print"}, loading...)
	// scriptless are the options with which Node runs no file.
	scriptless = []string{"-e", "--eval", "-p", "--print", "-pe", "--run"}
)

// loads reports whether the option names a module that Node loads.
func (o option) loads() bool { return slices.Contains(loading, o.name) }

// commandOptions returns the options of a command line, which end at the script.
func commandOptions(args []string) iter.Seq[option] { return optionsOf(args, true) }

// parseOptions returns the options of a list that has no script.
func parseOptions(args []string) iter.Seq[option] { return optionsOf(args, false) }

func optionsOf(args []string, script bool) iter.Seq[option] {
	return func(yield func(option) bool) {
		for i := 0; i < len(args); i++ {
			if script && (args[i] == "--" || !strings.HasPrefix(args[i], "-")) {
				return
			}
			name, value, has := strings.Cut(args[i], "=")
			name = strings.ReplaceAll(name, "_", "-")
			if slices.Contains(valued, name) && !has && i+1 < len(args) {
				i++
				value = args[i]
			}
			if !yield(option{name, value}) {
				return
			}
		}
	}
}

// scriptOf returns the file that a command line has Node run; "": there is none.
func scriptOf(args []string) string {
	for i := 0; i < len(args); i++ {
		name, _, has := strings.Cut(args[i], "=")
		switch {
		case slices.Contains(scriptless, name):
			return ""
		case args[i] == "--":
		case !strings.HasPrefix(args[i], "-"):
			return args[i]
		case slices.Contains(valued, name) && !has:
			i++
		}
	}
	return ""
}

// ownArgs returns the arguments of a process, without its name.
func ownArgs(p standby.Process) []string { return p.Argv[min(1, len(p.Argv)):] }
