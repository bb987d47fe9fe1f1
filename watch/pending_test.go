package watch

import (
	"testing"
	"time"
)

// What was saved counts as pending until the batch is received.
func TestPending(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts"), func(x *world) {
		wants := func(when string, want int) {
			t.Helper()
			if n, err := x.w.Pending(x.t.Context()); n != want || err != nil {
				t.Errorf("%s %d files are pending, %v; want %d", when, n, err, want)
			}
		}
		wants("at rest", 0)
		x.save("/r/a.ts", "new")
		wants("before the batch", 1)
		time.Sleep(time.Second) // nobody receives
		x.save("/r/a.ts", "newer")
		x.save("/r/b.ts", "new")
		wants("before the batch is received", 2)
		x.batch()
		wants("after the batch", 0)
	})
}
