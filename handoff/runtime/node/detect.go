package node

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// replaced reports whether the environment of a process is that of the generation, but NODE_OPTIONS in it does not load the
// adapter. It returns what that is instead.
func replaced(name string, environ []string, socket string) (options string, is bool) {
	options = handoff.Value(environ, OptionsVariable)
	return options, handoff.IsNode(name) && handoff.Value(environ, wire.Variable) == socket && !strings.Contains(options, "/"+entry)
}

// WithoutAdapter finds a Node process of the generation that has not loaded the adapter, because a program before it (cross-env, a
// script's NODE_OPTIONS=…) has replaced NODE_OPTIONS. It returns the process and what that is; 0 if there is none.
func (a *Session) WithoutAdapter() (pid int, options string) {
	for _, pid := range a.Tree() {
		proc := procfs.Of(pid)
		if options, is := replaced(proc.Program(), proc.Words("environ"), a.wire.Path); is {
			return pid, options
		}
	}
	return 0, ""
}
