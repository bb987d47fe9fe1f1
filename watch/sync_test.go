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
)

// The event of Sync comes behind those of what was saved before.
func TestSync(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts"), func(x *world) {
		folder := func() (dir string) {
			func() {
				x.fakeSource.mu.Lock()
				defer x.fakeSource.mu.Unlock()
				for d := range x.fakeSource.dirs {
					if d != "/" && !strings.HasPrefix(d, "/r") {
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
	for poll, turns := range map[bool]int{false: 40, true: 2} {
		dir := t.TempDir()
		write(t, "0", dir, "a.ts")
		w := run(t, dir, func(c *Config) {
			if c.Quiet = 0; poll {
				c.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
			}
		})
		for n := range turns {
			write(t, strings.Repeat("x", n+1), dir, "a.ts")
			must(t, w.Sync(t.Context()))
			if files, err := w.Pending(t.Context()); files != 1 || err != nil {
				t.Fatalf("polled %v, turn %d: %d files are pending, %v", poll, n, files, err)
			}
			<-w.Batches()
		}
	}
}
