package selfwrite

import (
	"testing"
	"time"
)

func TestOwns(t *testing.T) {
	now := time.Unix(1e9, 0)
	long, a, b := now.Add(-time.Hour), ID{1, 1}, ID{1, 2}
	held := map[ID]bool{a: true}
	var o Open
	for _, c := range []struct {
		what    string
		f       File
		open    map[ID]bool
		stirred time.Time
		want    bool
	}{
		{"nobody has it open", File{Name: "x", ID: a}, nil, now, false},
		{"the program has it open", File{Name: "x", ID: a}, held, long, true},
		{"it was closed as the generation ended", File{Name: "x", ID: a}, nil, now.Add(-time.Second), true},
		{"it was removed", File{Name: "x", Gone: true}, nil, long, true},
		{"somebody put another in its place", File{Name: "x", ID: b}, held, now, false},
		{"and again: it is not the program's any more", File{Name: "x", ID: a}, nil, now, false},
		{"the program has another file open", File{Name: "y", ID: b}, held, now, false},
		{"a file that is gone has no number", File{Name: "y", Gone: true}, map[ID]bool{{}: true}, now, false},
		{"open again", File{Name: "x", ID: a}, held, long, true},
		{"closed long ago, saved now", File{Name: "x", ID: a}, nil, long, false},
	} {
		if got := o.Owns(now, c.stirred, c.f, c.open); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
