package watch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// The folder of a build may be missing at the start, as in a fresh clone beside tsc --watch.
func TestRootThatABuildMakes(t *testing.T) {
	dir := t.TempDir()
	write(t, "dist\n", dir, ".gitignore")
	must(t, os.Mkdir(filepath.Join(dir, ".git"), 0o755))
	w := run(t, dir, func(cfg *Config) { cfg.Roots, cfg.Rules.Root = []string{"dist"}, dir })
	write(t, "1", dir, "a.ts") // not watched
	write(t, "1", dir, "dist/lib/a.js")
	for seen := false; !seen; {
		for _, c := range next(t, w) {
			if c.Rel != filepath.FromSlash("dist/lib/a.js") {
				t.Errorf("%+v counts", c)
			}
			seen = true
		}
	}
}

func TestMissingRootIsAnError(t *testing.T) {
	for _, root := range []string{"nowhere", "nowhere/dist", "src/dist"} {
		_, err := New(Config{Roots: []string{root}, Rules: rules.Config{Root: t.TempDir()}})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", root, err)
		}
	}
}

// A root may be removed and made anew while it is the current folder of processes, alone or with the folder above it.
func TestRootComesBack(t *testing.T) {
	t.Parallel()
	above := filepath.Join(t.TempDir(), "above")
	dir := filepath.Join(above, "app")
	write(t, "1", dir, "a.ts")
	w := run(t, dir, nil)
	for i, gone := range []string{dir, above, dir} {
		held, err := os.Open(dir)
		must(t, err)
		defer held.Close()
		must(t, os.RemoveAll(gone))
		if got := describe(next(t, w)); got != "new/gone a.ts" {
			t.Errorf("%d: batch %q", i, got)
		}
		write(t, "2", dir, "a.ts")
		if got := describe(next(t, w)); got != "new/gone a.ts" {
			t.Errorf("%d: batch %q", i, got)
		}
	}
}
