package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// The event of Sync comes behind those of what was saved before.
func TestSync(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts"), func(x *world) {
		folder := func() (dir string) {
			func() {
				x.fakeSource.mu.Lock()
				defer x.fakeSource.mu.Unlock()
				for d := range x.fakeSource.dirs {
					if !strings.HasPrefix(d, "/r") {
						dir = d
					}
				}
			}()
			return dir
		}
		synced := make(chan error, 1)
		go func() { synced <- x.w.Sync(x.t.Context()) }()
		synctest.Wait()
		dir := folder()
		if dir == "" || len(synced) > 0 {
			t.Fatalf("%q is watched, and Sync has returned: %v", dir, len(synced) > 0)
		}
		x.save("/r/a.ts", "new")
		x.events <- fsnotify.Event{Name: filepath.Join(dir, "now"), Op: fsnotify.Create}
		if err := <-synced; err != nil {
			t.Error(err)
		}
		if n, err := x.w.Pending(x.t.Context()); n != 1 || err != nil {
			t.Errorf("%d files are pending, %v", n, err)
		}
		if left := folder(); left != "" {
			t.Errorf("%s is still watched", left)
		}
		x.batch()

		// A caller who has gone: the folder's own end is its event.
		ctx, cancel := context.WithCancel(x.t.Context())
		go func() { synced <- x.w.Sync(ctx) }()
		synctest.Wait()
		dir = folder()
		cancel()
		if err := <-synced; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", dir, err)
		}
		x.events <- fsnotify.Event{Name: dir, Op: fsnotify.Remove}
		synctest.Wait()
		if left := folder(); left != "" {
			t.Errorf("%s is still watched", left)
		}
	})
}

// With the kernel's own events, and where files are polled.
func TestSyncOfRealFiles(t *testing.T) {
	for _, poll := range []bool{false, true} {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.ts")
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("0")
		cfg := Config{Rules: rules.Config{Root: dir, Kind: rules.Node}, OnNotice: func(Notice) {}}
		if poll {
			cfg.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
		}
		w, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		<-w.Ready()
		turns := 40
		if poll {
			turns = 2
		}
		for n := 1; n <= turns; n++ {
			write(strings.Repeat("x", n))
			if err := w.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if files, err := w.Pending(t.Context()); files != 1 || err != nil {
				t.Fatalf("polled %v, turn %d: %d files are pending, %v", poll, n, files, err)
			}
			<-w.Batches()
		}
		cancel()
		<-ended
		if err := w.Sync(t.Context()); !errors.Is(err, ErrEnded) {
			t.Errorf("after the end: %v", err)
		}
	}
}
