package watch

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// person pauses changes, and hears of the batch that is kept.
type person struct {
	paused atomic.Bool
	kept   atomic.Value // a string
}

// watches has the person watch a project of two files.
func (p *person) watches(x *world, cfg *Config) {
	withFiles("/r/a.ts", "/r/b.ts")(x, cfg)
	p.kept.Store("")
	cfg.Paused, cfg.OnKept = p.paused.Load, func(b Batch) { p.kept.Store(describe(b)) }
}

// While changes are paused the batch grows, and what is undone leaves it. The receiver hears of
// each complete one, and gets the last when the pause ends.
func TestAPause(t *testing.T) {
	var p person
	p.paused.Store(true)
	inBubble(t, p.watches, func(x *world) {
		says := func(want string) {
			t.Helper()
			x.wantNone()
			if got := p.kept.Load(); got != want {
				t.Errorf("kept %q, want %q", got, want)
			}
		}
		x.save("/r/a.ts", "new")
		says("written a.ts")
		x.save("/r/b.ts", "new")
		says("written a.ts written b.ts")
		x.save("/r/a.ts", "old")
		says("written b.ts")
		x.save("/r/b.ts", "old")
		says("")
		x.save("/r/a.ts", "newer")
		x.remove("/r/b.ts")
		x.hint("/r/b.ts", fsnotify.Remove)
		says("written a.ts removed b.ts")
		p.paused.Store(false)
		x.w.Wake()
		x.begun = time.Now()
		x.wantBatch(0, "written a.ts removed b.ts")
		x.wantNone()
	})
}

// A batch that nobody has received is kept too, if a pause begins before. What was saved right
// before the end is in the batch.
func TestAPauseMeetsABatch(t *testing.T) {
	var p person
	inBubble(t, p.watches, func(x *world) {
		x.save("/r/a.ts", "new")
		time.Sleep(time.Second)
		p.paused.Store(true)
		x.w.Wake()
		x.wantNone()
		if got := p.kept.Load(); got != "written a.ts" {
			t.Errorf("kept %q", got)
		}
		x.save("/r/b.ts", "new")
		p.paused.Store(false)
		x.w.Wake()
		if b, _ := x.batch(); describe(b) != "written a.ts written b.ts" || b.Seq != 1 {
			t.Errorf("batch %d %q", b.Seq, describe(b))
		}
	})
}
