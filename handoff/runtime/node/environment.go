package node

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
)

// Variables that a Node process of the program gets.
const (
	PolicyVariable  = "HOTSWAP_NODE_WEBSOCKET" // "keep": WebSockets move; absent: none does
	OptionsVariable = "NODE_OPTIONS"
	HoldVariable    = "HOTSWAP_HOLD" // the path of a standby's folder
)

// environ is env with the adapter and its socket, instead of those of a hotswap
// above this one: its adapter, if it is another one, sees by the socket's name
// that it is not meant.
func environ(env []string, script, socket string, keep bool) []string {
	options := handoff.Value(env, OptionsVariable)
	others := handoff.Without(env, wire.Variable, PolicyVariable, HoldVariable, rememberVar, OptionsVariable)
	if keep {
		others = append(others, PolicyVariable+"=keep")
	}
	return append(others, OptionsVariable+"="+withRequire(options, script), wire.Variable+"="+socket)
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
