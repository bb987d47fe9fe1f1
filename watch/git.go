package watch

import "path/filepath"

// findRepo returns the work tree of git that holds dir; "": none does. In a linked work tree and in a submodule
// .git is a file (gitrepository-layout(5)).
func findRepo(fsys files, dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := fsys.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}
