package watch

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A compiler beside writes what a generation loads: its files are one batch when it has nothing to do any
// more, and a folder that it has removed is not what the next generation is to load.
func TestABatchWaitsForACompiler(t *testing.T) {
	t.Parallel()
	var compiles atomic.Bool
	before := func(x *world, cfg *Config) {
		withFiles("/r/dist/a.js", "/r/src/a.js")(x, cfg)
		cfg.Roots = []string{"dist", "src"}
		x.holds = func(time.Time) bool { return compiles.Load() }
	}
	inBubble(t, before, func(x *world) {
		compiles.Store(true)
		x.save("/r/dist/a.js", "1")
		x.wantNone()
		x.made("/r/dist/b.js", "1")
		x.wantNone() // longer than MaxWait
		compiles.Store(false)
		x.wantNext("written dist/a.js new/gone dist/b.js")
		compiles.Store(true)
		x.save("/r/src/a.js", "1") // not its file
		x.wantNext("written src/a.js")
		compiles.Store(false)
		x.gone("/r/dist")
		x.wantNone()
		x.put("/r/dist/a.js", "2")
		x.hint("/r/dist", fsnotify.Create)
		synctest.Wait()
		x.wantNext("written dist/a.js new/gone dist/b.js")
	})
}
