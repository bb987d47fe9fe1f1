package node

import (
	"slices"
	"strings"
)

// compileVar names a folder in which Node (22.1 and newer) keeps what it has
// compiled, for the next start.
const compileVar = "NODE_COMPILE_CACHE"

// compiledName is that folder's, in hotswap's cache. Node executes what it finds there.
const compiledName = "compiled"

// withCompiled adds the folder, unless the user has said something about it, or
// measures coverage, which would be less exact with it.
func withCompiled(env []string, dir string) []string {
	told := slices.ContainsFunc(env, func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return key == compileVar || key == "NODE_DISABLE_COMPILE_CACHE" || key == "NODE_V8_COVERAGE"
	})
	if told || dir == "" {
		return env
	}
	return append(slices.Clone(env), compileVar+"="+dir)
}
