//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// exitPoints are about new programs that end by themselves.
func exitPoints() (out []point) {
	for _, st := range []string{stepStarted, stepBeforeBind, stepBound, stepListening, stepProbed} {
		out = append(out, point{step: st, victim: theNew, fault: "exit 3", run: exitsAt(st)})
	}
	return append(out, point{step: "starting", victim: theNew, fault: "the working directory is gone",
		run: folderDeleted})
}

// exitsAt: a broken save takes nothing down, at whatever step it breaks.
func exitsAt(step string) func(*testing.T) *result {
	return func(t *testing.T) *result {
		s := begin(t, setting{env: []string{fmt.Sprintf("%s=%s:2", envExit, step)}})
		s.swap()
		if l := s.h.Wait("failed", e2etest.Of("failed", 2)); l.Next != "keeps" {
			t.Errorf("%+v", l)
		}
		return s.endsWell()
	}
}

// folderDeleted: git worktrees and temporary checkouts go away below what runs in
// them.
func folderDeleted(t *testing.T) *result {
	s := begin(t, setting{})
	testkit.NoError(t, os.Remove(filepath.Join(s.dir, "work")))
	return s.endsWell()
}
