package selfwrite

import (
	"testing"
	"time"
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
