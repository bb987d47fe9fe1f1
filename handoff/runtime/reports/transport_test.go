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

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	tr := New(Config{
		Name: "x", Scripts: fstest.MapFS{"s/a": {Data: []byte("b")}}, Folder: "s", Variable: "D", HoldVariable: "HELD",
		Loader: "S", Entry: func(scripts string) string { return scripts }, Separators: ":",
	}, func(handoff.GenID) string { return dir })
	tr.places = []assets.Place{{Path: filepath.Join(dir, "cache"), Mode: 0o700}}
	for given, adds := range map[string]bool{"A=1": true, "S=": false} {
		l := &handoff.Launch{Gen: 1, Env: []string{"HELD=/above", given}}
		testkit.Must(tr.Prepare(l))(t)
		if slices.Contains(l.Env, "HELD=/above") || slices.Contains(l.Env, "D="+dir) != adds {
			t.Errorf("%s: %q", given, l.Env)
		}
	}
}

// A path that would be taken for two is not used. Where no place takes the scripts, nothing is added.
func TestPrepareAvoidsPathsThatAreTwo(t *testing.T) {
	dir := t.TempDir()
	var got []string
	tr := New(Config{Name: "x", Scripts: fstest.MapFS{"s/a": {Data: []byte("b")}}, Folder: "s", Variable: "D", Loader: "S", Entry: func(scripts string) string {
		got = append(got, scripts)
		return scripts
	}, Separators: ":"}, func(handoff.GenID) string { return dir })
	odd := assets.Place{Path: filepath.Join(dir, "a:b"), Mode: 0o700}
	good := assets.Place{Path: filepath.Join(dir, "c"), Mode: 0o700}
	taken := assets.Place{Path: filepath.Join(dir, "file"), Mode: 0o700}
	testkit.NoError(t, os.WriteFile(taken.Path, nil, 0o600))
	for _, tt := range []struct {
		into []assets.Place
		adds bool
	}{{[]assets.Place{odd, good}, true}, {[]assets.Place{odd, taken}, false}, {[]assets.Place{good}, true}} {
		tr.places = tt.into
		l := &handoff.Launch{Gen: 1}
		_, err := tr.Prepare(l)
		if err != nil || (len(l.Env) > 0) != tt.adds {
			t.Errorf("%+v: %q, %v", tt.into, l.Env, err)
		}
	}
	if len(got) != 2 || strings.Contains(strings.Join(got, ""), ":") {
		t.Errorf("scripts in %q", got)
	}
}
