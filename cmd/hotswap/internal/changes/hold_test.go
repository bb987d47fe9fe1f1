package changes

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/watch"
)

// told is a reporter that keeps what is said of changes that wait.
type told struct {
	Reporter
	mu    sync.Mutex
	lines []string
}

func (r *told) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *told) Kept(files []string) { r.say("kept " + strings.Join(files, " ")) }

func (r *told) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func batchOf(files ...string) (b watch.Batch) {
	for _, f := range files {
		b.Changes = append(b.Changes, watch.Change{Path: "/none/" + f, Rel: f})
	}
	return b
}

// What changes while swaps are paused is named once and counted; the newest batch has it all.
func TestAPause(t *testing.T) {
	r := &told{}
	h := newHold(r)
	c := &Changes{hold: h}
	if h.keeps(batchOf("a")) {
		t.Error("a batch waits for nobody")
	}
	if !c.Pause() || c.Pause() {
		t.Fatal("it is not paused once")
	}
	for _, b := range []watch.Batch{batchOf("a"), batchOf("a", "b")} {
		if !h.keeps(b) {
			t.Fatalf("%v goes on", b)
		}
	}
	if p := c.Paused(); p == nil || p.Files != 2 {
		t.Errorf("status %+v", p)
	}
	if n, was := c.Resume(); n != 2 || !was {
		t.Errorf("resumed with %d files, %v", n, was)
	}
	<-h.opened
	if h.keeps(batchOf("a", "b")) || c.Paused() != nil {
		t.Error("it waits on")
	}
	if _, was := c.Resume(); was {
		t.Error("resumed twice")
	}
	if got := r.heard(); !slices.Equal(got, []string{"kept a", "kept b"}) {
		t.Errorf("the user was told %q", got)
	}
}
