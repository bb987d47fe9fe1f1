package watch

import (
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// What was given back comes again with what has changed since.
func TestAReturnedBatchGrows(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts"), func(x *world) {
		x.save("/r/a.ts", "new")
		x.wantBatch(DefaultQuiet, "written a.ts")
		x.w.Return()
		x.wantNone() // it is the same
		x.save("/r/b.ts", "new")
		b, _ := x.batch()
		if got := describe(b); got != "written a.ts written b.ts" || b.Seq != 1 {
			t.Errorf("batch %d %q", b.Seq, got)
		}
		x.w.Return()
		if !x.w.Release() {
			t.Error("no batch follows")
		}
		if b, _ := x.batch(); describe(b) != "written a.ts written b.ts" || b.Seq != 1 {
			t.Errorf("batch %d %q", b.Seq, describe(b))
		}
		if x.w.Release() {
			t.Error("a batch was released that was received for good")
		}
		x.wantNone()
		x.save("/r/a.ts", "newer")
		if b, _ := x.batch(); describe(b) != "written a.ts" || b.Seq != 2 {
			t.Errorf("batch %d %q", b.Seq, describe(b))
		}
	})
}

// A save that was undone leaves a batch that was given back; the receiver hears of that.
func TestAReturnedBatchIsUndone(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts"), func(x *world) {
		for range 2 {
			x.save("/r/a.ts", "new")
			x.batch()
			x.w.Return()
			x.save("/r/a.ts", "old")
			if b, _ := x.batch(); len(b.Changes) != 0 {
				t.Errorf("batch %q", describe(b))
			}
			if x.w.Release() {
				t.Error("a batch follows")
			}
			x.wantNone()
		}
		x.save("/r/a.ts", "new")
		x.save("/r/b.ts", "new")
		x.batch()
		x.w.Return()
		x.save("/r/a.ts", "old")
		x.remove("/r/b.ts")
		x.hint("/r/b.ts", fsnotify.Remove)
		if !x.w.Release() {
			t.Error("no batch follows")
		}
		if b, _ := x.batch(); describe(b) != "removed b.ts" {
			t.Errorf("batch %q", describe(b))
		}
	})
}

// What changes between the receipt and the return is one batch with it, and a release
// waits until things are quiet.
func TestAReturnMeetsANewSave(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts"), func(x *world) {
		x.save("/r/a.ts", "new")
		x.batch()
		x.save("/r/b.ts", "new")
		x.w.Return()
		if !x.w.Release() {
			t.Error("no batch follows")
		}
		if b, _ := x.batch(); describe(b) != "written a.ts written b.ts" {
			t.Errorf("batch %q", describe(b))
		}
		x.save("/r/a.ts", "newer")
		x.batch()
		x.save("/r/b.ts", "newer")
		time.Sleep(time.Second) // it has settled
		x.w.Return()
		if b, _ := x.batch(); describe(b) != "written a.ts written b.ts" {
			t.Errorf("batch %q", describe(b))
		}
	})
}
