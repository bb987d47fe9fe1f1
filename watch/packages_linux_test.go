package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The kernel's watches do not grow with what is installed.
func TestDiskPackagesCostOneWatch(t *testing.T) {
	watches := func(packages int) (n int) {
		dir := t.TempDir()
		write(t, "{}", dir, "package.json")
		write(t, "list", dir, "node_modules/.package-lock.json")
		for i := range packages {
			write(t, "x", dir, "node_modules", fmt.Sprint("p", i), "lib/deep/x.js")
		}
		before := inotifyWatches(t)
		run(t, dir, nil)
		return inotifyWatches(t) - before
	}
	if few, many := watches(1), watches(500); few != 2 || many != 2 {
		t.Errorf("%d watches with one package, %d with 500, want 2", few, many)
	}
}

// inotifyWatches counts this process's watches, proc_pid_fdinfo(5).
func inotifyWatches(t *testing.T) (n int) {
	t.Helper()
	infos, err := filepath.Glob("/proc/self/fdinfo/*")
	must(t, err)
	for _, path := range infos {
		b, _ := os.ReadFile(path) // or it has been closed since
		n += strings.Count(string(b), "inotify wd:")
	}
	return n
}

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
