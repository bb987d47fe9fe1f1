package engine

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/kept"
)

// always makes standbys that never object.
type always struct {
	supervisor.Warmer
	supervisor.Standby
}

func (a always) Prepare(*handoff.Launch) (supervisor.Standby, error)  { return a, nil }
func (always) Validate() error                                        { return nil }
func (always) Rehearse(*handoff.Launch) (supervisor.Rehearsal, error) { return nil, nil }

// A standby has no descriptors that were stored after its start, nor lacks those that were removed.
func TestNoStandbyWhileSomethingIsStored(t *testing.T) {
	table := new(kept.Table)
	defer table.Close()
	keep := func(stored bool) {
		t.Helper()
		fd, err := unix.Dup(int(os.Stderr.Fd()))
		if err == nil {
			err = table.Keep(kept.Descriptor{Name: "a", FD: fd, Stored: stored})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w := storing{always{}, table}
	keep(false)
	s, err := w.Prepare(nil)
	if err != nil || s.Validate() != nil {
		t.Fatalf("%v; nothing is stored for a start", err)
	}
	keep(true)
	if s.Validate() == nil {
		t.Error("a standby is used that lacks a descriptor")
	}
	if _, err := w.Prepare(nil); !errors.Is(err, supervisor.ErrNever) {
		t.Errorf("%v, want no standby, and no failure", err)
	}
	if _, err := w.Rehearse(nil); !errors.Is(err, supervisor.ErrNever) {
		t.Errorf("%v, want no rehearsal for a standby that there can not be", err)
	}
	table.Drop("a")
	if _, err := w.Prepare(nil); err != nil || s.Validate() != nil {
		t.Error(err)
	}
	if _, err := w.Rehearse(nil); err != nil {
		t.Error(err)
	}
}
