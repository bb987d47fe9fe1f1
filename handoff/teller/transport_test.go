package teller

import (
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/handoff/unpack"
)

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	tr := New(Runtime{Name: "x", Scripts: fstest.MapFS{"a": {Data: []byte("b")}}, Variables: []string{"HELD"}, Add: func(env []string, scripts, dir string) []string {
		if slices.Contains(env, "NOT=1") {
			return nil
		}
		return append(env, "S="+scripts, "D="+dir)
	}}, scratch.In(dir))
	tr.into = []unpack.Place{{Path: filepath.Join(dir, "cache"), Mode: 0o700}}
	for given, adds := range map[string]bool{"A=1": true, "NOT=1": false} {
		l := &handoff.Launch{Gen: 1, Env: []string{"HELD=/above", given}}
		s, err := tr.Prepare(l)
		if err != nil {
			t.Fatal(err)
		}
		told := tr.dir(1)
		if slices.Contains(l.Env, "HELD=/above") || (told != "") != adds || slices.Contains(l.Env, "D="+told) != adds {
			t.Errorf("%s: %q, it tells in %q", given, l.Env, told)
		}
		if err := s.(*session).Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, scratch.Prefix+"*", "*")); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
	}
}
