package watch

import (
	"os"
	"path/filepath"
	"testing"
)

// An installation on a real disk: the folder is removed, and comes back, twice.
func TestDiskPackagesComeBack(t *testing.T) {
	dir := t.TempDir()
	install := func() {
		must(t, os.RemoveAll(filepath.Join(dir, "node_modules")))
		write(t, "x", dir, "node_modules/dep/index.js")
		write(t, "list", dir, "node_modules/.package-lock.json")
	}
	write(t, "{}", dir, "package.json")
	install()
	w := run(t, dir, nil)
	for range 2 {
		install()
		if got := describe(next(t, w)); got != "written node_modules" {
			t.Fatalf("batch %q", got)
		}
	}
}
