package node

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// replaced reports whether the environment of a process is that of the generation, but the
// options of Node or Bun in it do not load the adapter. It returns their variable, and what that
// is instead.
func replaced(name string, environ []string, socket string) (variable, options string, is bool) {
	meant, script := handoff.Value(environ, wire.Variable) == socket, "/"+entry
	switch {
	case handoff.IsNode(name):
		variable = OptionsVariable
	case strings.TrimSuffix(name, ".exe") == "bun":
		// A Bun process that has loaded the adapter leaves bunVar out for its children.
		variable, script, meant = bunOptionsVar, bunScript, meant && handoff.Value(environ, bunVar) != ""
	default:
		return "", "", false
	}
	options = handoff.Value(environ, variable)
	return variable, options, meant && !strings.Contains(options, script)
}

// What Bun's adapter (handoff/runtime/bun) is given.
const (
	bunVar        = "HOTSWAP_BUN"
	bunOptionsVar = "BUN_OPTIONS"
	bunScript     = "/hotswap.mjs"
)

// WithoutAdapter finds a Node or Bun process of the generation that has not loaded the adapter,
// because a program before it (cross-env, a script's NODE_OPTIONS=…) has replaced NODE_OPTIONS or
// BUN_OPTIONS. It returns the process, the variable and what that is; 0 if there is none.
func (a *Session) WithoutAdapter() (pid int, variable, options string) {
	for _, pid := range a.Tree() {
		proc := procfs.Of(pid)
		if variable, options, is := replaced(proc.Program(), proc.Words("environ"), a.wire.Path); is {
			return pid, variable, options
		}
	}
	return 0, "", ""
}
