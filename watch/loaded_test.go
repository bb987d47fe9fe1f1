package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// What is loaded from elsewhere, and from where a build puts it, is watched from
// the moment on in which it is known, and what changed since it was loaded counts.
func TestFollow(t *testing.T) {
	before := func(x *world, _ *Config) {
		for _, f := range []string{"/r/a.ts", "/r/dist/main.js", "/r/dist/old.js", "/w/lib/src/one.ts",
			"/w/lib/src/two.ts", "/w/x/y.js"} {
			x.put(f, "old")
		}
		x.refuse = func(dir string) error { _, err := x.disk.Stat(dir); return err }
	}
	inBubble(t, before, func(x *world) {
		loaded := time.Now()
		time.Sleep(time.Second)
		x.put("/w/lib/src/one.ts", "new") // nobody tells
		x.save("/r/a.ts", "new")          // what was watched before goes on
		x.w.Follow(Loaded{Files: []string{"/r/a.ts", "/r/dist/main.js", "/w/lib/src/one.ts", "/w/x/y.js",
			"/w/gone/z.ts", "/r/none/index.py"}, Folders: []string{"/w/lib"}, Since: loaded})
		x.wantBatch(time.Second+60*ms, "written a.ts written ../w/lib/src/one.ts")
		x.save("/w/lib/src/two.ts", "new")
		x.save("/r/dist/main.js", "new")
		x.save("/r/dist/old.js", "new")
		b, _ := x.batch()
		got := describe(b)
		if got != "written dist/main.js written ../w/lib/src/two.ts" ||
			b[0].Why != rules.Loaded || b[1].Why == rules.Loaded {
			t.Errorf("%q, %+v", got, b)
		}

		// A build empties its folder first. What it makes anew is no change unless it differs.
		for _, text := range []string{"new", "newer"} {
			x.gone("/r/dist")
			x.wantNone()
			x.put("/r/dist/main.js", text)
			x.hint("/r/dist", fsnotify.Create)
		}
		x.wantNext("written dist/main.js")

		// Events are lost: these too are compared.
		x.put("/w/x/y.js", "new")
		x.errs <- fsnotify.ErrEventOverflow
		x.wantNext("written ../w/x/y.js")
		for _, dir := range []string{"/r/dist", "/w/lib", "/w/lib/src", "/w/x"} {
			if !x.watches(dir) {
				t.Errorf("%s is not watched", dir)
			}
		}

		// The next generation has loaded less.
		x.w.Follow(Loaded{Files: []string{"/r/a.ts", "/w/x/y.js"}})
		synctest.Wait()
		for dir, want := range map[string]bool{"/r": true, "/r/dist": false, "/w/lib": false, "/w/lib/src": false,
			"/w/x": true} {
			if x.watches(dir) != want {
				t.Errorf("%s is watched: %v", dir, !want)
			}
		}
		looks := x.count()
		x.save("/r/dist/main.js", "last")
		x.save("/w/lib/src/one.ts", "last")
		x.wantNone()
		if x.count() != looks {
			t.Error("it goes on looking for what is not wanted any more")
		}
	})
}
