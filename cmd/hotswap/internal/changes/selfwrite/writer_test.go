package selfwrite

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

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
