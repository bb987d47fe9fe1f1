package node

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
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
	meant, script := given[wire.Variable] == socket, "/"+entry
	switch {
	case handoff.IsNode(name):
		variable = OptionsVariable
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
	bunScript     = "/hotswap.mjs"
)

// WithoutAdapter finds a Node or Bun process of the generation that has not loaded the adapter,
// because a program before it (cross-env, a script's NODE_OPTIONS=…) has replaced NODE_OPTIONS or
// BUN_OPTIONS. It returns the process, the variable and what that is; 0 if there is none.
func (a *Session) WithoutAdapter() (pid int, variable, options string) {
	a.each(func(p int, name string, environ []byte) bool {
		if key, got, is := replaced(name, environ, a.wire.Path); is {
			pid, variable, options = p, key, got
		}
		return pid == 0
	})
	return pid, variable, options
}

// each calls f for the generation's processes until f returns false. environ has a NUL
// before and behind each variable.
func (a *Session) each(f func(pid int, name string, environ []byte) bool) {
	for _, pid := range a.Tree() {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil && !f(pid, filepath.Base(exe), append([]byte{0}, environ...)) {
			return
		}
	}
}
