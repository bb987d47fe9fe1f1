package changes

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// What changes while swaps are paused is counted, and what is undone is forgotten. Then one swap
// takes all.
func TestAPause(t *testing.T) {
	x := newSite(t, "a.js", "b.js", "c.js")
	x.run()
	x.pause(true)
	x.asked(func() bool { return true }) // the forwarder knows
	for _, file := range []string{"a.js", "b.js", "c.js"} {
		x.save(file, "1")
	}
	await(t, "three files wait", func() bool { return x.Kept() == 3 })
	x.save("c.js", "0")
	await(t, "two files wait", func() bool { return x.Kept() == 2 })
	if x.Settled() {
		t.Error("settled, and files wait")
	}
	x.pause(false)
	if got := <-x.files; !slices.Equal(got, []string{"a.js", "b.js"}) {
		t.Errorf("a swap for %q", got)
	}
	await(t, "nothing waits", func() bool { return x.Kept() == 0 })
}

// A change that only the generation that boots can decide about waits for the end of the boot,
// even while no thread answers; and for the end of a pause that began meanwhile, which counts it once,
// and not before it is known to start a generation.
func TestAChangeWaitsForTheBoot(t *testing.T) {
	for _, paused := range []bool{false, true} {
		x := newSite(t, "a.js", "dist/main.js")
		x.run()
		path := filepath.Join(x.dir, "dist/main.js")
		made := time.Now()
		await(t, "the file is older than the watcher's doubt", func() bool { return time.Since(made) > 50*time.Millisecond })
		x.watcher.Follow(watch.Loaded{Files: []string{path}, Since: time.Now()})
		await(t, "it is followed", x.follows("dist/main.js"))
		x.set(report.Life{Gen: 1, Began: time.Now()})
		x.save("dist/main.js", "1")
		await(t, "it waits", func() bool { return x.asked(func() bool { return len(x.waiting) == 1 }) })
		if len(x.files) > 0 {
			t.Fatal("a swap in the midst of a boot")
		}
		if paused {
			x.pause(true)
			if n := x.Kept(); n != 0 {
				t.Errorf("%d files wait for the end of the pause, and none is decided", n)
			}
		}
		x.set(report.Life{Gen: 1, Began: time.Now(), Ended: time.Now(), Failed: true})
		if paused {
			await(t, "it is ready", func() bool { return x.Kept() == 1 })
			if len(x.files) > 0 {
				t.Error("a swap in the midst of a pause")
			}
			x.pause(false)
		}
		if got := <-x.files; !slices.Equal(got, []string{"dist/main.js"}) {
			t.Errorf("a swap for %q", got)
		}
		await(t, "it is settled", x.Settled)
	}
}
