package node

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Variables that a Node process of the program gets.
const (
	PolicyVariable  = "HOTSWAP_NODE_WEBSOCKET" // "keep": WebSockets move; absent: none does
	OptionsVariable = "NODE_OPTIONS"
	StandbyVariable = "HOTSWAP_HOLD" // the path of a standby's folder
)

// Environ is env with the adapter and its socket, instead of those of a hotswap
// above this one: its adapter, if it is another one, sees by the socket's name
// that it is not meant.
func (s Script) Environ(env []string, socket string, keep bool) []string {
	options := handoff.Value(env, OptionsVariable)
	others := handoff.Without(env, wire.Variable, PolicyVariable, StandbyVariable, rememberVar, OptionsVariable)
	if keep {
		others = append(others, PolicyVariable+"=keep")
	}
	return withCaches(append(others, OptionsVariable+"="+withRequire(options, string(s)), wire.Variable+"="+socket))
}

// withRequire appends the script to the options, unless it is their last. What the
// user requires comes first, and is loaded first.
func withRequire(options, script string) string {
	require := "--require " + quoteOption(script)
	options = strings.TrimRight(options, " ")
	if options == "" || options == require || strings.HasSuffix(options, " "+require) {
		return strings.TrimSuffix(options, require) + require
	}
	return options + " " + require
}

// quoteOption is a word as NODE_OPTIONS needs it. Quotes that are not needed are left
// out, because other programs read the variable with less care.
func quoteOption(word string) string {
	if !strings.ContainsAny(word, " \"\\") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// SplitOptions splits NODE_OPTIONS as Node does (ParseNodeOptionsEnvVar in
// src/node_options.cc): at spaces, but not between double quotes, where a backslash
// escapes the next character.
func SplitOptions(options string) (words []string) {
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

// replaced reports whether the environment of a process is that of the generation, but NODE_OPTIONS in it does not load
// the adapter. It returns what that is instead.
func replaced(name string, environ []string, socket string) (options string, is bool) {
	options = handoff.Value(environ, OptionsVariable)
	return options, handoff.IsNode(name) && handoff.Value(environ, wire.Variable) == socket &&
		!strings.Contains(options, "/"+entry)
}

// WithoutAdapter finds a Node process of the tree that has not loaded the adapter of the socket, because a program
// before it (cross-env, a script's NODE_OPTIONS=…) has replaced NODE_OPTIONS. It returns the process and what that is;
// 0 if there is none.
func WithoutAdapter(tree []int, socket string) (pid int, options string) {
	for _, pid := range tree {
		proc := procfs.Of(pid)
		if options, is := replaced(proc.Program(), proc.Words("environ"), socket); is {
			return pid, options
		}
	}
	return 0, ""
}

// Variables that name folders in hotswap's cache. Node executes what it finds there.
const (
	compileVar  = "NODE_COMPILE_CACHE" // of Node 22.1 and newer
	rememberVar = "HOTSWAP_REMEMBER"   // how modules were resolved and transformed, for the next process (js/remember)
)

// withCaches adds the folders. Without one starts are slower. Node's own is left to users who have set one, or measure
// coverage, which would be less exact.
func withCaches(env []string) []string {
	set := len(handoff.Without(env, compileVar, "NODE_DISABLE_COMPILE_CACHE", "NODE_V8_COVERAGE")) < len(env)
	if dir, err := assets.Cache("compiled"); err == nil && !set {
		env = append(env, compileVar+"="+dir)
	}
	if dir, err := assets.Cache("remembered"); err == nil {
		env = append(env, rememberVar+"="+dir)
	}
	return env
}
