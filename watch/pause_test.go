package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// While changes are paused the batch grows, and what is undone leaves it. The receiver hears of
// each complete one, and gets the last when the pause ends.
func TestAPause(t *testing.T) {
	paused, kept := true, []string(nil)
	inBubble(t, func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/b.ts")(x, cfg)
		cfg.Paused, cfg.OnKept = func() bool { return paused }, func(b Batch) { kept = append(kept, describe(b)) }
	}, func(x *world) {
		says := func(want string) {
			t.Helper()
			x.wantNone()
			if len(kept) == 0 || kept[len(kept)-1] != want {
				t.Errorf("kept %q, want %q at last", kept, want)
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
		synctest.Wait()
		paused = false
		x.w.Wake()
		x.begun = time.Now()
		x.wantBatch(0, "written a.ts removed b.ts")
		x.wantNone()
	})
}

// A batch that nobody has received is kept too, if a pause begins before. What was saved right
// before the end is in the batch.
func TestAPauseMeetsABatch(t *testing.T) {
	paused, kept := false, ""
	inBubble(t, func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/b.ts")(x, cfg)
		cfg.Paused, cfg.OnKept = func() bool { return paused }, func(b Batch) { kept = describe(b) }
	}, func(x *world) {
		x.save("/r/a.ts", "new")
		time.Sleep(time.Second)
		synctest.Wait()
		paused = true
		x.w.Wake()
		x.wantNone()
		if kept != "written a.ts" {
			t.Errorf("kept %q", kept)
		}
		synctest.Wait()
		paused = false
		x.save("/r/b.ts", "new")
		x.w.Wake()
		if b, _ := x.batch(); describe(b) != "written a.ts written b.ts" || b.Seq != 1 {
			t.Errorf("batch %d %q", b.Seq, describe(b))
		}
	})
}
