package watch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// far is the real disk, as if other machines could change it.
type far struct{ osFiles }

func (far) Remote(string) string { return "nfs" }

// With the kernel's own events, where files are polled, and where both tell.
func TestSync(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for kind, turns := range map[string]int{"": 40, "polled": 2, "far": 2} {
		dir, other := t.TempDir(), t.TempDir()
		write(t, "0", dir, "a.ts")
		w := run(t, dir, func(c *Config) {
			switch c.Quiet = 0; kind {
			case "polled":
				c.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
			case "far":
				c.files = far{}
			}
		})
		must(t, os.Link(filepath.Join(dir, "a.ts"), filepath.Join(other, "a.ts")))
		if kind == "far" {
			dir = other // of which the kernel tells nothing
		}
		for n := range turns {
			write(t, strings.Repeat("x", n+1), dir, "a.ts")
			must(t, w.Sync(t.Context()))
			if files, err := w.Pending(t.Context()); files != 1 || err != nil {
				t.Fatalf("%q, turn %d: %d files are pending, %v", kind, n, files, err)
			}
			<-w.Batches()
		}
		must(t, w.query(t.Context(), func(l *loop) {
			if len(l.syncs) > 0 {
				t.Errorf("%d folders are still watched", len(l.syncs))
			}
		}))
	}
	if left := testkit.Must(os.ReadDir(temp))(t); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// The event that Sync waits for may be lost, too.
func TestSyncWhereEventsAreLost(t *testing.T) {
	inBubble(t, nil, func(x *world) {
		time.AfterFunc(time.Second, func() { x.errs <- fsnotify.ErrEventOverflow })
		must(t, x.w.Sync(x.t.Context()))
	})
}
