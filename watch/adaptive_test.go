package watch

import (
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// leasing has the disk tell which files are open.
func leasing(names ...string) func(*world, *Config) {
	return func(x *world, cfg *Config) {
		withFiles(names...)(x, cfg)
		x.leases, x.open = true, map[string]bool{}
	}
}

// hold opens or closes a file for writing.
func (x *world) held(p string, open bool) {
	x.mu(func() { x.open[p] = open })
}

func (x *world) mu(f func()) {
	x.disk.mu.Lock()
	defer x.disk.mu.Unlock()
	f()
}

// away renames a file.
func (x *world) away(from, to, content string) {
	x.disk.remove(from)
	x.put(to, content)
	x.hint(from, fsnotify.Rename)
	x.hint(to, fsnotify.Create)
}

// Each way in which editors save is one batch, as soon as the file is complete.
func TestEditorsWaysOfSaving(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(x *world)
		want time.Duration
	}{
		{"in place", func(x *world) { x.save("/r/a.ts", "new") }, 15 * ms},
		{"in place, cleared first (VS Code)", func(x *world) { x.save("/r/a.ts", ""); x.save("/r/a.ts", "new") },
			15 * ms},
		{"in place, in pieces with pauses", func(x *world) {
			x.held("/r/a.ts", true)
			for _, text := range []string{"n", "ne", "new"} {
				x.save("/r/a.ts", text)
				time.Sleep(40 * ms)
			}
			x.held("/r/a.ts", false)
		}, (80 + 45) * ms}, // the third look after the last piece, the first when the file is closed
		{"cleared, and written later", func(x *world) {
			x.save("/r/a.ts", "")
			time.Sleep(40 * ms)
			x.save("/r/a.ts", "new")
		}, (40 + 15) * ms},
		{"a temporary file renamed over", func(x *world) {
			x.put("/r/.a.ts.123", "new")
			x.away("/r/.a.ts.123", "/r/a.ts", "new")
		}, 15 * ms},
		{"vim, with fsync", func(x *world) {
			x.hint("/r/4913", fsnotify.Create)
			x.hint("/r/4913", fsnotify.Remove)
			x.away("/r/a.ts", "/r/a.ts~", "old")
			x.held("/r/a.ts", true)
			x.made("/r/a.ts", "new")
			x.hint("/r/a.ts", fsnotify.Write)
			time.Sleep(25 * ms)
			x.held("/r/a.ts", false)
			x.gone("/r/a.ts~")
		}, 30 * ms},
		{"safe write (JetBrains)", func(x *world) {
			x.made("/r/a.ts___jb_tmp___", "new")
			x.away("/r/a.ts", "/r/a.ts___jb_old___", "old")
			x.away("/r/a.ts___jb_tmp___", "/r/a.ts", "new")
			x.gone("/r/a.ts___jb_old___")
		}, 15 * ms},
		{"removed", func(x *world) { x.gone("/r/a.ts") }, Return},
		{"removed, and back after a while", func(x *world) {
			x.gone("/r/a.ts")
			time.Sleep(Return - 1)
			x.made("/r/a.ts", "new")
		}, Return - 1 + 15*ms},
		{"removed, and made anew", func(x *world) {
			x.gone("/r/a.ts")
			time.Sleep(20 * ms)
			x.made("/r/a.ts", "new")
		}, (20 + 15) * ms},
		{"held open", func(x *world) { x.held("/r/a.ts", true); x.save("/r/a.ts", "new") }, 60 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, leasing("/r/a.ts"), func(x *world) {
				tt.do(x)
				b, took := x.batch()
				if took != tt.want || len(b) != 1 {
					t.Errorf("%s after %v, want %v", describe(b), took, tt.want)
				}
				x.wantNone()
			})
		})
	}
}

// Of writers on other machines the kernel knows nothing.
func TestRemoteFileIsNotKnownToBeClosed(t *testing.T) {
	inBubble(t, func(x *world, cfg *Config) {
		leasing("/r/a.ts")(x, cfg)
		x.remote = map[string]string{"/r": "nfs"}
	}, func(x *world) {
		x.put("/r/a.ts", "new")
		time.Sleep(pollEvery)
		x.begun = time.Now()
		x.wantBatch(60*ms, "written a.ts")
	})
}
