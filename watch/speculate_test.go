package watch

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A single save is announced in the middle of its quiet time, and its batch says so;
// what does not change anything, is a storm, or goes on, is not.
func TestAnnounce(t *testing.T) {
	save := func(x *world) { x.save("/r/a.ts", "new") }
	tests := []struct {
		name      string
		do        func(x *world)
		announced []time.Duration
		batch     uint64
	}{
		{"one save", save, []time.Duration{30 * ms}, 1},
		{"three files", func(x *world) { save(x); x.save("/r/b.ts", "new"); x.save("/r/c.ts", "new") }, []time.Duration{30 * ms}, 1},
		{"a storm", func(x *world) {
			for _, f := range []string{"/r/a.ts", "/r/b.ts", "/r/c.ts", "/r/d.ts"} {
				x.save(f, "new")
			}
		}, nil, 0},
		{"a second write soon", func(x *world) { save(x); time.Sleep(20 * ms); x.save("/r/a.ts", "newer") }, []time.Duration{50 * ms}, 1},
		{"a second write after it", func(x *world) { save(x); time.Sleep(40 * ms); x.save("/r/a.ts", "newer") }, []time.Duration{30 * ms}, 0},
		{"a touch after it", func(x *world) { save(x); time.Sleep(40 * ms); x.save("/r/a.ts", "new") }, []time.Duration{30 * ms}, 0},
		{"a write in two steps", func(x *world) { x.save("/r/a.ts", ""); time.Sleep(40 * ms); x.save("/r/a.ts", "new") }, []time.Duration{}, 0},
		{"one that goes and comes", func(x *world) {
			x.remove("/r/a.ts")
			x.hint("/r/a.ts", fsnotify.Remove)
			time.Sleep(40 * ms)
			x.save("/r/a.ts", "new")
		}, []time.Duration{}, 0},
		{"a neighbour that came and went", func(x *world) { save(x); x.hint("/r/a.ts.tmp.ts", fsnotify.Remove) }, []time.Duration{30 * ms}, 1},
		{"a second write of which nothing is known yet", func(x *world) { save(x); time.Sleep(40 * ms); x.disk.put("/r/a.ts", "newer") }, []time.Duration{30 * ms}, 0},
		{"likewise, of the same bytes", func(x *world) { save(x); time.Sleep(40 * ms); x.disk.put("/r/a.ts", "new") }, []time.Duration{30 * ms}, 0},
		{"the next save", func(x *world) { save(x); x.batch(); x.save("/r/a.ts", "newer") }, []time.Duration{30 * ms, 90 * ms}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, announcing, func(x *world) {
				var at []time.Duration
				go func() {
					for n := range x.w.Speculations() {
						if at = append(at, time.Since(x.begun)); n != uint64(len(at)) {
							t.Errorf("announcement %d is the number %d", len(at), n)
						}
					}
				}()
				defer close(x.w.ahead) // the watcher is idle by then
				tt.do(x)
				b, _ := x.batch()
				synctest.Wait()
				if !slices.Equal(at, tt.announced) || b.Speculation != tt.batch {
					t.Errorf("announced after %v, want %v; the batch is of announcement %d, want %d", at, tt.announced, b.Speculation, tt.batch)
				}
			})
		})
	}
}

// Nothing is announced that would be no batch. One that is taken late is the announced
// one as long as nothing happens.
func TestAnnounceOfNothing(t *testing.T) {
	inBubble(t, announcing, func(x *world) {
		x.save("/r/a.ts", "old")
		x.wantNone()
		if len(x.w.Speculations()) != 0 {
			t.Error("a file with its old bytes is announced")
		}
		x.save("/r/a.ts", "new")
		time.Sleep(time.Second)
		synctest.Wait()
		if b, _ := x.batch(); b.Speculation != 1 {
			t.Errorf("a batch that waited a second is of announcement %d", b.Speculation)
		}
		x.save("/r/a.ts", "newer")
		time.Sleep(time.Second)
		x.save("/r/a.ts", "newest")
		time.Sleep(time.Second)
		if b, _ := x.batch(); b.Speculation != 3 {
			t.Errorf("a batch that grew while it waited is of announcement %d", b.Speculation)
		}
	})
}

func announcing(x *world, cfg *Config) {
	withFiles("/r/a.ts")(x, cfg)
	cfg.Speculate = true
}
