package options

import (
	"slices"
	"strings"
)

// Variables in the environment of every process of the program.
const (
	RunEnv     = "HOTSWAP_RUN"     // marks the processes of one hotswap
	ControlEnv = "HOTSWAP_CONTROL" // the control socket of that hotswap
	FileEnv    = "HOTSWAP_FILE"    // the file whose command that hotswap runs
)

// DetachedEnv is in the environment of a hotswap that hotswap -d has started, and of no program.
const DetachedEnv = "HOTSWAP_DETACHED"

// MarkerIn returns the variable of env that marks the program's processes, with its
// value, or "".
func MarkerIn(env []string) string {
	if i := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, RunEnv+"=") }); i >= 0 {
		return env[i]
	}
	return ""
}
