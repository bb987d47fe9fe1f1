package node

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
)

// Variables that name folders in hotswap's cache. Node executes what it finds there.
const (
	compileVar  = "NODE_COMPILE_CACHE" // of Node 22.1 and newer
	rememberVar = "HOTSWAP_REMEMBER"   // how modules were resolved and transformed, for the next process (js/remember)
)

// withCaches adds the folders. Without one starts are slower. Node's own is left to users who have set one, or measure coverage,
// which would be less exact.
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
