package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// Files that say which packages a program has and how it is run, and folders whose
// change means the same. In a standby's time they are read.
var settings = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
	"bun.lock", "bun.lockb", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", ".node-version", ".nvmrc",
	"node_modules", "node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml", "node_modules/.yarn-integrity",
}

// takeSettings adds those of the folders and of all above, and the lists of files
// whose names only begin like that.
func takeSettings(s standby.Stamps, dirs []string) {
	done := map[string]bool{} // folders have most of those above in common
	for _, dir := range dirs {
		for !done[dir] {
			done[dir] = true
			for _, name := range settings {
				s.Take(filepath.Join(dir, name))
			}
			s.Take(named(dir)...)
			dir = filepath.Dir(dir)
		}
	}
}

// named are a folder's tsconfig*.json and .env*. The folder is read once, without
// a look at each file: among those above there may be one like /tmp.
func named(dir string) (out []string) {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	for _, name := range names {
		for _, pattern := range []string{"tsconfig*.json", "jsconfig.json", ".env*"} {
			if ok, _ := filepath.Match(pattern, name); ok {
				out = append(out, filepath.Join(dir, name))
			}
		}
	}
	return out
}

// settingsOf are those of the folders as they are now.
func settingsOf(dirs []string) standby.Stamps {
	s := standby.Stamps{}
	takeSettings(s, dirs)
	return s
}

// unique is paths without doubles.
func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

func cutAny(s string, prefixes ...string) (string, bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return "", false
}

func abs(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
