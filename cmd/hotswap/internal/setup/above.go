package setup

import (
	"io/fs"
	"os"
	"path/filepath"
)

// PackagesAbove returns the folders above dir, an absolute path, that have a package.json, the
// nearest first. The search ends with the folder of the repository.
func PackagesAbove(dir string) (above []fs.FS) {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil || parent == dir {
			return above
		}
		dir = parent
		if _, err := os.Stat(filepath.Join(dir, "package.json")); err == nil {
			above = append(above, os.DirFS(dir))
		}
	}
}
