package watch

import (
	"slices"
	"testing"
	"time"
)

// What was saved and is not in a batch yet is told to who asks.
func TestBehind(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts"), func(x *world) {
		if b := x.w.Behind(); len(b.Paths) > 0 || b.Seq > 0 || !b.Since.IsZero() {
			t.Errorf("at rest %+v", b)
		}
		x.save("/r/a.ts", "new")
		if b := x.w.Behind(); !slices.Equal(b.Paths, []string{"/r/a.ts"}) {
			t.Errorf("before the batch %+v", b)
		}
		time.Sleep(time.Second) // nobody receives
		if b := x.w.Behind(); !slices.Equal(b.Paths, []string{"/r/a.ts"}) {
			t.Errorf("before the batch is received %+v", b)
		}
		x.batch()
		if b := x.w.Behind(); len(b.Paths) > 0 || b.Seq != 1 {
			t.Errorf("after the batch %+v", b)
		}
	})
}
