package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// lockedBuffer keeps what several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// dead is the record of a run whose hotswap has ended.
func dead(t *testing.T, dir record.Dir) record.Record {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	self, _ := proc.Identify(os.Getpid())
	r := record.Record{Run: "0123456789abcdef", Identity: proc.Identity{PID: cmd.Process.Pid, Start: self.Start}}
	if err := dir.Write(r); err != nil {
		t.Fatal(err)
	}
	r, err := dir.Read(r.Run)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A hotswap that was stopped while it dealt with what another one left does not keep
// others from starting. They tell who it is, and leave its work alone.
func TestLeftoversThatAnotherHolds(t *testing.T) {
	dir := record.Dir(t.TempDir())
	r := dead(t, dir)
	synctest.Test(t, func(t *testing.T) {
		release, err := dir.Claim(t.Context(), r.Run)
		if err != nil {
			t.Fatal(err)
		}
		var out lockedBuffer
		begun := time.Now()
		endLeftoversOf(r, dir, lines{log: newLog(&out, false, false)})
		if took := time.Since(begun); took != claimWithin {
			t.Errorf("it took %v", took)
		}
		want := regexp.MustCompile(`^hotswap: waiting for another hotswap .*\nhotswap: what hotswap \(process \d+\) left when it was killed is not ended: .*0123456789abcdef\.json.*\n$`)
		if !want.MatchString(out.String()) {
			t.Errorf("%q", out.String())
		}
		if _, err := dir.Read(r.Run); err != nil {
			t.Errorf("its record: %v", err)
		}
		release()
		before := out.String()
		endLeftoversOf(r, dir, lines{log: newLog(&out, false, false)})
		if _, err := dir.Read(r.Run); err == nil || out.String() != before {
			t.Errorf("when it is free the record is dealt with: %v %q", err, out.String())
		}
	})
}

func TestWhichAre(t *testing.T) {
	for want, ids := range map[string][]proc.Identity{
		"process 7 is":       {{PID: 7}},
		"processes 7, 9 are": {{PID: 7}, {PID: 9}},
	} {
		if got := whichAre(ids); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// After a renewal the elder's keepers work on: they are in the record until they end.
func TestRecordHasTheEldersKeepers(t *testing.T) {
	dir := record.Dir(t.TempDir())
	ended := dead(t, dir).Identity
	self, _ := proc.Identify(os.Getpid())
	left := record.Record{Run: "fedcba9876543210", Identity: self, Keepers: []proc.Identity{ended, self}}
	if err := dir.Write(left); err != nil {
		t.Fatal(err)
	}
	p := &presence{run: left.Run, dir: dir, rec: record.Record{Run: left.Run, Identity: self, Elder: &self}}
	p.appear()
	r, err := dir.Read(left.Run)
	if err != nil || len(r.Keepers) != 1 || r.Keepers[0] != self {
		t.Errorf("%+v %v", r, err)
	}
}
