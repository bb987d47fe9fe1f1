package node

import (
	"bytes"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// replaced reports whether the environment of a process is that of the generation, but the
// options of Node or Bun in it do not load the adapter. It returns their variable, and what that
// is instead.
func replaced(name string, environ []byte, socket string) (variable, options string, is bool) {
	given := map[string]string{}
	for kv := range bytes.SplitSeq(environ, []byte{0}) {
		key, value, _ := strings.Cut(string(kv), "=")
		given[key] = value
	}
	meant, script := given[Variable] == socket, "/"+entry
	switch {
	case handoff.IsNode(name):
		variable = optionsVar
	case strings.TrimSuffix(name, ".exe") == "bun":
		// A Bun process that has loaded the adapter leaves bunVar out for its children.
		variable, script, meant = bunOptionsVar, bunScript, meant && given[bunVar] != ""
	default:
		return "", "", false
	}
	options = given[variable]
	return variable, options, meant && !strings.Contains(options, script)
}

// What Bun's adapter (handoff/runtime/bun) is given.
const (
	bunVar        = "HOTSWAP_BUN"
	bunOptionsVar = "BUN_OPTIONS"
	bunScript     = "/hotswap.cjs"
)
