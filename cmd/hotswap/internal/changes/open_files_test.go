package changes

import (
	"testing"
	"time"
)

func TestOwns(t *testing.T) {
	now := time.Unix(1e9, 0)
	long, a, b := now.Add(-time.Hour), 1, 2
	var o openFiles
	for _, c := range []struct {
		what    string
		f       fileNow
		open    bool
		stirred time.Time
		want    bool
	}{
		{"nobody has it open", fileNow{name: "x", id: a}, false, now, false},
		{"the program has it open", fileNow{name: "x", id: a}, true, long, true},
		{"it was closed as the generation ended", fileNow{name: "x", id: a}, false, now.Add(-time.Second), true},
		{"it was removed", fileNow{name: "x", gone: true}, false, long, true},
		{"somebody put another in its place", fileNow{name: "x", id: b}, false, now, false},
		{"and again: it is not the program's any more", fileNow{name: "x", id: a}, false, now, false},
		{"the program has another file open", fileNow{name: "y", id: b}, false, now, false},
		{"a file that is gone has no number", fileNow{name: "y", gone: true}, true, now, false},
		{"open again", fileNow{name: "x", id: a}, true, long, true},
		{"closed long ago, saved now", fileNow{name: "x", id: a}, false, long, false},
	} {
		if got := o.owns(now, c.stirred, c.f, c.open); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
