package node

import (
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// Files that say which packages a program has and how it is run, and folders whose change
// means the same.
var settings = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
	"bun.lock", "bun.lockb", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", ".node-version", ".nvmrc",
	"node_modules", "node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml", "node_modules/.yarn-integrity",
}

// settingsOf returns the settings of the folders and of all above, in their present state.
func settingsOf(dirs []string) standby.FileStates {
	s := standby.FileStates{}
	done := map[string]bool{} // the folders share most of those above
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
	return s
}

// named returns a folder's tsconfig*.json and .env*. Names only: a folder above may be as
// large as /tmp.
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
