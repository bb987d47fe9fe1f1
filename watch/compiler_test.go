package watch

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// A compiler beside writes what a generation loads: its files are one batch when it has nothing to do any
// more, and a folder that it has removed is not what the next generation is to load.
func TestABatchWaitsForACompiler(t *testing.T) {
	dir := t.TempDir()
	write(t, "0", dir, "dist/a.js")
	write(t, "0", dir, "src/a.js")
	var holds atomic.Bool
	asked := make(chan struct{}, 1)
	w, err := New(Config{Roots: []string{"dist", "src"}, Rules: rules.Config{Root: dir, Command: []string{"node"}}, Since: time.Now().Add(time.Hour), MaxWait: time.Second})
	must(t, err)
	w.AwaitCompiler(func(time.Time) bool {
		select {
		case asked <- struct{}{}:
		default:
		}
		return holds.Load()
	})
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- w.Run(ctx) }()
	defer func() { cancel(); must(t, <-ended) }()
	<-w.Ready()
	waits := func(what string) {
		t.Helper()
		for range 3 {
			select {
			case b := <-w.Batches():
				t.Fatalf("%s: %+v", what, b.Changes)
			case <-asked:
			}
		}
	}
	holds.Store(true)
	write(t, "1", dir, "dist/a.js")
	waits("it writes")
	write(t, "1", dir, "dist/b.js")
	waits("it writes")
	holds.Store(false)
	if b := next(t, w); len(b.Changes) != 2 {
		t.Errorf("%+v", b.Changes)
	}
	holds.Store(true)
	write(t, "1", dir, "src/a.js")
	if b := next(t, w); len(b.Changes) != 1 { // not its file
		t.Errorf("%+v", b.Changes)
	}
	holds.Store(true)
	write(t, "3", dir, "dist/a.js")
	for began := time.Now(); time.Since(began) < 1300*ms; { // a pace: longer than MaxWait
		waits("it has failed")
	}
	write(t, "3", dir, "dist/b.js")
	waits("it has failed")
	holds.Store(false)
	if b := next(t, w); len(b.Changes) != 2 {
		t.Errorf("%+v", b.Changes)
	}
	rests := func(what string, pace time.Duration) {
		t.Helper()
		select {
		case b := <-w.Batches():
			t.Fatalf("the folder is %s: %+v", what, b.Changes)
		case <-time.After(pace):
		}
	}
	must(t, os.Remove(filepath.Join(dir, "dist/a.js")))
	must(t, os.Remove(filepath.Join(dir, "dist/b.js")))
	rests("empty", time.Second) // a pace: many times as long as a batch takes
	must(t, os.RemoveAll(filepath.Join(dir, "dist")))
	rests("gone", 1300*ms) // a pace: longer than MaxWait
	holds.Store(true)
	write(t, "2", dir, "dist/a.js")
	waits("it writes again")
	write(t, "2", dir, "dist/b.js")
	holds.Store(false)
	if b := next(t, w); len(b.Changes) != 2 {
		t.Errorf("%+v", b.Changes)
	}
}
