package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// TestSaveBeforeTheBaselineIsNotMissed saves in the time between the program's
// start and the reading of the file, in each way in which that may be seen.
func TestSaveBeforeTheBaselineIsNotMissed(t *testing.T) {
	var held <-chan func()
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/b.ts")(x, cfg)
		held = x.hold("/r/a.ts")
	}
	old := func() time.Time { return time.Now().Add(-time.Hour) }
	tests := []struct {
		name string
		do   func(x *world)
		want string
	}{
		{"the file's clock tells", func(x *world) { x.put("/r/a.ts", "new") }, "written a.ts"},
		{"the file's clock is a tick late", func(x *world) { x.putAt("/r/a.ts", "new", x.w.cfg.Since.Add(-10*ms)) },
			"written a.ts"},
		{"the event tells", func(x *world) {
			x.putAt("/r/a.ts", "new", old())
			x.hint("/r/a.ts", fsnotify.Write)
		}, "written a.ts"},
		{"it is gone", func(x *world) {
			x.gone("/r/a.ts")
		}, "new/gone a.ts"},
		{"nothing happened", func(x *world) {}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, before, func(x *world) {
				select {
				case <-x.w.Ready:
					t.Error("ready before all is read")
				default:
				}
				goOn := <-held
				tt.do(x)
				synctest.Wait()
				goOn()
				<-x.w.Ready
				if tt.want != "" {
					x.wantNext(tt.want)
				}
				x.wantNone()
				x.save("/r/b.ts", "new")
				x.wantBatch(60*ms, "written b.ts")
			})
		})
	}
}

func TestLargeFileIsNotRead(t *testing.T) {
	large := string(make([]byte, largeFile+1))
	before := func(x *world, _ *Config) { x.put("/r/big.json", large) }
	inBubble(t, before, func(x *world) {
		held := x.hold("/r/big.json") // nobody will open it
		x.hint("/r/big.json", fsnotify.Write)
		x.wantNone()
		x.save("/r/big.json", large)
		x.wantBatch(60*ms, "written big.json")
		select {
		case <-held:
			t.Error("it was opened")
		default:
		}
	})
}
