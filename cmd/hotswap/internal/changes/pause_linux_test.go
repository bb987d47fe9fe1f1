package changes

import (
	"slices"
	"testing"
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
