package reports

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A path that would be taken for two is not used. Where no place takes the scripts, nothing is added.
func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	place := func(name string) assets.Folder { return assets.Folder{Path: filepath.Join(dir, name), Mode: 0o700} }
	odd, good, taken := place("a:b"), place("c"), place("file")
	testkit.NoError(t, os.WriteFile(taken.Path, nil, 0o600))
	for _, c := range []struct {
		into []assets.Folder
		adds bool
	}{{[]assets.Folder{good}, true}, {[]assets.Folder{odd, good}, true}, {[]assets.Folder{odd, taken}, false}} {
		tr := New(Config{
			Name: "x", Scripts: assets.New(fstest.MapFS{"s/a": {Data: []byte("b")}}, "s", "x"), Variable: "D",
			StandbyVariable: "HELD",
			Loader:          "S", Entry: func(scripts string) string { return scripts }, Separators: ":",
		}, func(handoff.GenID) string { return dir })
		tr.folders = c.into
		l := &handoff.Launch{Gen: 1, Env: []string{"HELD=/above"}}
		testkit.Must(tr.Prepare(l))(t)
		if slices.Contains(l.Env, "HELD=/above") || slices.Contains(l.Env, "D="+dir) != c.adds ||
			strings.Contains(strings.Join(l.Env, " "), odd.Path) {
			t.Errorf("%+v: %q", c, l.Env)
		}
	}
}
