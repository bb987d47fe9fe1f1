package instance

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// heard keeps what is reported, by several goroutines.
type heard struct {
	reporter
	mu  sync.Mutex // guards all
	all []string
}

func (h *heard) add(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, text)
}

func (h *heard) LeftoversWait(record.Record)            { h.add("wait") }
func (h *heard) LeftoversStay(_ record.Record, e error) { h.add(e.Error()) }

// dead is the record of a run whose hotswap has ended.
func dead(t *testing.T, dir record.Dir) record.Record {
	t.Helper()
	cmd := exec.Command("true")
	testkit.NoError(t, cmd.Run())
	self, _ := proc.Identify(os.Getpid())
	r := record.Record{Run: "0123456789abcdef", Identity: proc.Identity{PID: cmd.Process.Pid, Start: self.Start}}
	testkit.NoError(t, dir.Write(r))
	r, err := dir.Read(r.Run)
	testkit.NoError(t, err)
	return r
}

// A hotswap that was stopped while it dealt with what another one left does not keep
// others from starting. They tell who it is, and leave its work alone.
func TestLeftoversThatAnotherHolds(t *testing.T) {
	dir := record.Dir(t.TempDir())
	r := dead(t, dir)
	synctest.Test(t, func(t *testing.T) {
		release, err := dir.Claim(t.Context(), r.Run)
		testkit.NoError(t, err)
		out := &heard{}
		begun := time.Now()
		endLeftovers(r, dir, out)
		if took := time.Since(begun); took != claimWithin {
			t.Errorf("it took %v", took)
		}
		if len(out.all) != 2 || out.all[0] != "wait" || !strings.Contains(out.all[1], "0123456789abcdef.json") {
			t.Errorf("%q", out.all)
		}
		if _, err := dir.Read(r.Run); err != nil {
			t.Errorf("its record: %v", err)
		}
		release()
		before := len(out.all)
		endLeftovers(r, dir, out)
		if _, err := dir.Read(r.Run); err == nil || len(out.all) != before {
			t.Errorf("when it is free the record is dealt with: %v %q", err, out.all)
		}
	})
}

// After an upgrade the parent's keepers work on: they are in the record until they end.
func TestRecordHasTheParentsKeepers(t *testing.T) {
	dir := record.Dir(t.TempDir())
	ended := dead(t, dir).Identity
	self, _ := proc.Identify(os.Getpid())
	left := record.Record{Run: "fedcba9876543210", Identity: self, Keepers: []proc.Identity{ended, self}}
	testkit.NoError(t, dir.Write(left))
	p := &Instance{dir: dir, rec: record.Record{Run: left.Run, Identity: self, Parent: &self}}
	p.Publish()
	r, err := dir.Read(left.Run)
	if err != nil || len(r.Keepers) != 1 || r.Keepers[0] != self {
		t.Errorf("%+v %v", r, err)
	}
}
