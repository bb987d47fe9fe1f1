package setup

import (
	"io/fs"
	"os"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// npm is the package manager where no lock file shows another.
const npm = "npm"

// managers are package managers by their lock files.
var managers = []struct{ lock, name string }{
	{"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
	{"package-lock.json", npm}, {"npm-shrinkwrap.json", npm},
}

// NearestManager returns the package manager of the nearest lock file, in the current folder or above, or npm.
func NearestManager() string {
	here, _ := os.Getwd()
	for dir := range regular.Above(here) {
		if name := managerOf(os.DirFS(dir)); name != "" {
			return name
		}
	}
	return npm
}

// managerOf returns the package manager whose lock file is in a folder; "": none is.
func managerOf(files fs.FS) string {
	for _, m := range managers {
		if _, err := fs.Stat(files, m.lock); err == nil {
			return m.name
		}
	}
	return ""
}
