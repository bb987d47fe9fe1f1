package teller

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/unpack"
)

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	tr := New(Runtime{Name: "x", Scripts: fstest.MapFS{"a": {Data: []byte("b")}}, Variables: []string{"HELD"}, Add: func(env []string, scripts, dir string) []string {
		if slices.Contains(env, "NOT=1") {
			return nil
		}
		return append(env, "S="+scripts, "D="+dir)
	}})
	tr.tmp, tr.into = dir, []unpack.Place{{Path: filepath.Join(dir, "cache"), Mode: 0o700}}
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
		if left, _ := filepath.Glob(filepath.Join(dir, tr.prefix()+"*")); len(left) > 0 {
			t.Errorf("%q is left", left)
		}
	}
}

func TestSweep(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc")
	}
	tr := &Transport{Runtime: Runtime{Name: "x"}, tmp: t.TempDir()}
	dead, alive := filepath.Join(tr.tmp, tr.prefix()+"4194999-1"), filepath.Join(tr.tmp, tr.prefix()+strconv.Itoa(os.Getpid())+"-1") // beyond pid_max
	if err := errors.Join(os.Mkdir(dead, 0o700), os.Mkdir(alive, 0o700)); err != nil {
		t.Fatal(err)
	}
	tr.sweep()
	if _, err := os.Stat(dead); err == nil {
		t.Error("what a dead hotswap had is left")
	}
	if _, err := os.Stat(alive); err != nil {
		t.Errorf("what a living one has: %v", err)
	}
}
