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
		for _, c := range next(t, w).Changes {
			if c.Rel != filepath.FromSlash("dist/lib/a.js") {
				t.Errorf("%+v counts", c)
			}
			seen = true
		}
	}
}

func TestMissingRootIsAnError(t *testing.T) {
	for _, root := range []string{"nowhere", "nowhere/dist", "src/dist"} {
		if _, err := New(Config{Roots: []string{root}, Rules: rules.Config{Root: t.TempDir()}}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", root, err)
		}
	}
}
