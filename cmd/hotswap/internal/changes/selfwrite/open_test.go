package selfwrite

import (
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

func TestOwns(t *testing.T) {
	now := time.Unix(1e9, 0)
	long, a, b := now.Add(-time.Hour), 1, 2
	var o Open
	for _, c := range []struct {
		what    string
		f       File
		open    bool
		stirred time.Time
		want    bool
	}{
		{"nobody has it open", File{Name: "x", ID: a}, false, now, false},
		{"the program has it open", File{Name: "x", ID: a}, true, long, true},
		{"it was closed as the generation ended", File{Name: "x", ID: a}, false, now.Add(-time.Second), true},
		{"it was removed", File{Name: "x", Gone: true}, false, long, true},
		{"somebody put another in its place", File{Name: "x", ID: b}, false, now, false},
		{"and again: it is not the program's any more", File{Name: "x", ID: a}, false, now, false},
		{"the program has another file open", File{Name: "y", ID: b}, false, now, false},
		{"a file that is gone has no number", File{Name: "y", Gone: true}, true, now, false},
		{"open again", File{Name: "x", ID: a}, true, long, true},
		{"closed long ago, saved now", File{Name: "x", ID: a}, false, long, false},
	} {
		if got := o.Owns(now, c.stirred, c.f, c.open); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

// A program may write ever new files. The newest are remembered, and a journal that comes and goes.
func TestOpenIsBounded(t *testing.T) {
	var o Open
	now, names := time.Unix(1e9, 0), 3*most
	o.Owns(now, now, File{Name: "journal", ID: -1}, true)
	for i := range names {
		o.Owns(now, now, File{Name: strconv.Itoa(i), ID: i}, true)
		if i%most == 0 && !o.Owns(now, now, File{Name: "journal", Gone: true}, false) {
			t.Errorf("the journal is forgotten after %d files", i)
		}
	}
	for i := names - most; i < names; i++ {
		if !o.Owns(now, now, File{Name: strconv.Itoa(i), Gone: true}, false) {
			t.Fatalf("%d of %d is forgotten", i, names)
		}
	}
	if n := len(o.was.young) + len(o.was.old); n > 2*most || o.Owns(now, now, File{Name: "0", Gone: true}, false) {
		t.Errorf("%d names are remembered", n)
	}
}

func TestWrote(t *testing.T) {
	at := time.Unix(1e9, 0)
	for _, c := range []struct {
		what  string
		o     handoff.Opening
		after time.Duration
		want  bool
	}{
		{"no one has opened it", handoff.Opening{}, 0, false},
		{"the program has just opened it", handoff.Opening{At: at}, 100 * time.Millisecond, true},
		{"the program opened it a while ago, and has it no more", handoff.Opening{At: at}, time.Minute, false},
		{"an editor has saved it, too", handoff.Opening{At: at, Others: true}, 0, false},
	} {
		if got := Wrote(at.Add(c.after), c.o); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
