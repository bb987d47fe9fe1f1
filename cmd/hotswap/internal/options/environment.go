package options

import (
	"os"
	"slices"
	"strings"
)

// In the environment of every process of the program.
const (
	RunEnv     = "HOTSWAP_RUN"     // which hotswap it is of: the marker of its processes
	ControlEnv = "HOTSWAP_CONTROL" // where that one can be spoken with
)

// controlNone is the value of --control that switches the socket off.
const ControlNone = "none"

// controlVars are the variables that say --control for a hotswap that is to run:
// none below another hotswap, which has set it to its own socket.
func ControlVars() []string {
	if os.Getenv(RunEnv) != "" {
		return nil
	}
	return []string{ControlEnv}
}

// Values of --output.
const (
	outputRelay  = "relay"
	OutputDirect = "direct"
)

// markerIn is the marker of the program's processes, or "".
func MarkerIn(env []string) string {
	if i := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, RunEnv+"=") }); i >= 0 {
		return env[i]
	}
	return ""
}
