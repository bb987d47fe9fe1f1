package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// compileVar names a folder in which Node (22.1 and newer) keeps what it has
// compiled, for the next start.
const compileVar = "NODE_COMPILE_CACHE"

// compileFolder is that of this user's programs; "": there is no place for it.
// Others may have no hand in it, for what is in it is run.
func compileFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil || !filepath.IsAbs(cache) {
		return ""
	}
	dir := filepath.Join(cache, "hotswap", "compiled")
	if os.MkdirAll(dir, 0o700) != nil || handoff.Private(dir) != nil || handoff.Private(filepath.Dir(dir)) != nil {
		return ""
	}
	return dir
}

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
