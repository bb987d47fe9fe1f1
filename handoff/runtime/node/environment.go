package node

import "strings"

// Variables that a Node process of the program gets.
const (
	Variable       = "HOTSWAP_NODE"           // the path of the generation's socket
	PolicyVariable = "HOTSWAP_NODE_WEBSOCKET" // which WebSockets move; absent: none
	optionsVar     = "NODE_OPTIONS"
	holdVar        = "HOTSWAP_HOLD" // of a standby of a hotswap above
)

// environ is env with the adapter and its socket, instead of those of a hotswap
// above this one: its adapter, if it is another one, sees by the socket's name
// that it is not meant.
func environ(env []string, script, socket, policy string) []string {
	options, others := "", []string(nil)
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		switch key {
		case Variable, PolicyVariable, holdVar:
		case optionsVar:
			options = value // the last counts
		default:
			others = append(others, kv)
		}
	}
	if policy != "" {
		others = append(others, PolicyVariable+"="+policy)
	}
	return append(others, optionsVar+"="+withRequire(options, script), Variable+"="+socket)
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
