package watch

import (
	"path/filepath"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// findRepo returns the work tree of git that holds dir; "": none does. In a linked work tree and in a submodule
// .git is a file (gitrepository-layout(5)).
func findRepo(fsys files, dir string) string {
	for dir := range regular.Above(dir) {
		if _, err := fsys.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
	}
	return ""
}
