package node

import (
	"slices"
	"strings"
)

// compileVar names the folder of the compile cache of Node 22.1 and newer.
const compileVar = "NODE_COMPILE_CACHE"

// compiledName is that folder's name in hotswap's cache. Node executes what it finds there.
const compiledName = "compiled"

// withCompiled adds the folder, unless the user has set one, or measures coverage, which would
// be less exact.
func withCompiled(env []string, dir string) []string {
	set := slices.ContainsFunc(env, func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return key == compileVar || key == "NODE_DISABLE_COMPILE_CACHE" || key == "NODE_V8_COVERAGE"
	})
	if set || dir == "" {
		return env
	}
	return append(slices.Clone(env), compileVar+"="+dir)
}
