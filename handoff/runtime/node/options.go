package node

import (
	"iter"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// splitOptions splits NODE_OPTIONS as Node does (ParseNodeOptionsEnvVar in
// src/node_options.cc): at spaces, but not between double quotes, where a backslash
// escapes the next character.
func splitOptions(options string) (words []string) {
	quoted, begins := false, true
	for i := 0; i < len(options); i++ {
		c := options[i]
		if c == '\\' && quoted && i+1 < len(options) {
			i++
			c = options[i]
		} else if c == ' ' && !quoted {
			begins = true
			continue
		} else if c == '"' {
			quoted = !quoted
			continue
		}
		if begins {
			words, begins = append(words, ""), false
		}
		words[len(words)-1] += string([]byte{c})
	}
	return words
}

// quoteOption is a word as NODE_OPTIONS needs it. Quotes that are not needed are left
// out, because other programs read the variable with less care.
func quoteOption(word string) string {
	if !strings.ContainsAny(word, " \"\\") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// option is one of Node's, with its value.
type option struct{ name, value string }

var (
	loading = []string{"-r", "--require", "--import", "--loader", "--experimental-loader"}
	// valued are the options whose value may be the next word.
	valued = append([]string{"-C", "--conditions", "-e", "--eval", "-p", "--print"}, loading...)
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

// ownArgs are the arguments of a process, without its name.
func ownArgs(p standby.Process) []string { return p.Argv[min(1, len(p.Argv)):] }
