package watch

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestPollingSeesWhatTheKernelWouldTell(t *testing.T) {
	limit := func(dir string) error {
		return &LimitError{Limit: "fs.inotify.max_user_watches", Err: syscall.ENOSPC}
	}
	modes := []struct {
		name string
		set  func(x *world, cfg *Config)
	}{
		{"no instance", func(x *world, cfg *Config) { cfg.open = func() (source, error) { return nil, limit("") } }},
		{"no watches", func(x *world, cfg *Config) { x.refuse = limit }},
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			before := func(x *world, cfg *Config) {
				withFiles("/r/a.ts", "/r/sub/b.ts", "/r/sub/c.ts")(x, cfg)
				mode.set(x, cfg)
			}
			inBubble(t, before, func(x *world) {
				if n := x.noticed(Polling); n != 1 {
					t.Fatalf("%d notices, want 1", n)
				}
				var e *LimitError
				if n := x.notices[0]; !errors.As(n.Err, &e) || !errors.Is(n.Err, syscall.ENOSPC) ||
					!strings.Contains(n.String(), "max_user_watches") {
					t.Errorf("notice %q does not name the limit", n)
				}
				near := func(want string) {
					t.Helper()
					b, took := x.batch()
					if describe(b) != want || took > pollEvery+Return {
						t.Errorf("batch %q after %v, want %q", describe(b), took, want)
					}
				}
				x.put("/r/a.ts", "new")
				near("written a.ts")
				x.put("/r/new/deep/d.ts", "new")
				near("new/gone new/deep/d.ts")
				x.put("/r/new/deep/d.ts", "newer")
				near("written new/deep/d.ts")
				x.disk.remove("/r/sub")
				near("new/gone sub/b.ts new/gone sub/c.ts")
				x.wantNone()
			})
		})
	}
}

func TestOnlyWhatIsRefusedIsPolled(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/sub/b.ts")(x, cfg)
		x.refuse = func(dir string) error {
			if dir == "/r/sub" {
				return &LimitError{Err: syscall.ENOSPC}
			}
			return nil
		}
	}
	inBubble(t, before, func(x *world) {
		x.put("/r/a.ts", "unseen: no event, no polling")
		x.wantNone()
		x.put("/r/sub/b.ts", "new")
		x.wantNext("written sub/b.ts")
	})
}

// Another machine changes a file: nobody tells, and it is seen all the same. What
// is changed here is seen at once.
func TestRemoteFoldersArePolledAsWell(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/far/b.ts", "/r/far/deep/c.ts")(x, cfg)
		x.disk.remote = map[string]string{"/r/far": "nfs", "/r/far/deep": "nfs"}
	}
	inBubble(t, before, func(x *world) {
		if n := x.noticed(Remote); n != 1 {
			t.Fatalf("%d notices, want 1", n)
		}
		if n := x.notices[0]; n.Path != "/r/far" || !strings.Contains(n.String(), "nfs") {
			t.Errorf("notice %q", n)
		}
		x.put("/r/a.ts", "unseen: no event, no polling")
		x.wantNone()
		x.put("/r/far/deep/c.ts", "new")
		x.wantNext("written far/deep/c.ts")
		x.put("/r/far/b.ts", "new")
		x.hint("/r/far/b.ts", fsnotify.Write)
		x.wantBatch(DefaultQuiet, "written far/b.ts")
		x.wantNone()
	})
}

// A network folder that does not answer holds up nothing else.
func TestRemoteFolderHangs(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/far/b.ts")(x, cfg)
		x.disk.remote = map[string]string{"/r/far": "nfs"}
	}
	inBubble(t, before, func(x *world) {
		goOn := <-x.hold("/r/far")
		x.begun = time.Now()
		x.save("/r/a.ts", "new")
		x.wantBatch(DefaultQuiet, "written a.ts")
		x.put("/r/far/b.ts", "new")
		x.wantNone()
		goOn()
		x.wantNext("written far/b.ts")
	})
}

// TestPollSameStamp writes twice with one stamp, as happens within the
// granularity of stamps, and a round of the poller in between: neither size nor
// stamp tell the second write.
func TestPollSameStamp(t *testing.T) {
	set := func(x *world, _ *Config) { x.remote = map[string]string{"/r": "nfs"} }
	inBubble(t, set, func(x *world) {
		time.Sleep(pollEvery - 5*ms) // the round is 5 ms away
		at := time.Now()
		x.put("/r/a.ts", "one")
		x.wantBatch(pollEvery+60*ms, "new/gone a.ts")
		x.putAt("/r/a.ts", "two", at)
		x.wantBatch(pollEvery, "written a.ts")
		x.wantNone()
	})
}
