package instance

import (
	"os"
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

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
