package node

import (
	"bytes"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// strange reports whether a process, by its program's name and its environment, may load
// JavaScript without reporting the files.
func strange(name string, environ []byte, socket string) bool {
	switch strings.TrimSuffix(name, ".exe") { // as npm installs Bun on every system
	case "bun", "deno":
		return true
	}
	return handoff.IsNode(name) && !(bytes.Contains(environ, []byte("\x00"+Variable+"="+socket+"\x00")) && bytes.Contains(environ, []byte("/"+entry)))
}

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
