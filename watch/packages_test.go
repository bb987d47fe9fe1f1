package watch

import (
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fsnotify/fsnotify"
)

const npmList = "/r/node_modules/.package-lock.json"

// process names the one that installs.
type process struct{ atomic.Value }

func working(name string) *process {
	p := &process{}
	p.Store(name)
	return p
}

// site is a project with packages that npm has installed; at work: what processes
// install.
func site(atWork *process) func(x *world, cfg *Config) {
	return func(x *world, cfg *Config) {
		x.put("/r/package.json", "{}")
		x.put("/r/src/a.ts", "old")
		x.put(npmList, "dep 1")
		x.put("/r/node_modules/dep/index.js", "1")
		cfg.Installer = func(folder string) (string, bool) {
			if folder != "/r/node_modules" {
				x.t.Errorf("asked for %s", folder)
			}
			name := atWork.Load().(string)
			return name, strings.HasPrefix(name, "own ")
		}
	}
}

// npmCI does what npm ci does, in that order.
func (x *world) npmCI(took time.Duration, list string) {
	x.gone(npmList)
	x.gone("/r/node_modules/dep")
	time.Sleep(took)
	x.put("/r/node_modules/dep/index.js", list)
	x.hint("/r/node_modules/dep", fsnotify.Create)
	if list != "" {
		x.made(npmList, list)
	}
}

func TestPackagesAreOneChangeWhenTheInstallerHasEnded(t *testing.T) {
	atWork := working("")
	inBubble(t, site(atWork), func(x *world) {
		atWork.Store("npm ci (process 7)")
		x.npmCI(3*time.Second, "dep 2")
		time.Sleep(2 * time.Second) // the project's own scripts
		x.save("/r/src/a.ts", "new")
		time.Sleep(2 * time.Second)
		select {
		case b := <-x.w.Batches():
			t.Fatalf("batch %q while npm is at work", describe(b))
		default:
		}
		atWork.Store("")
		x.begun = time.Now()
		b, took := x.batch()
		if got := describe(b); got != "written node_modules written src/a.ts" || took > installerLook+DefaultQuiet {
			t.Errorf("batch %q after %v", got, took)
		}
		if n := x.noticed(Installing); n != 1 {
			t.Errorf("%d notices", n)
		}
		x.wantNone()
	})
}

func TestAnInstallerThatFailsOrHangsHoldsNothingForEver(t *testing.T) {
	for name, ends := range map[string]time.Duration{"fails": time.Minute, "hangs": time.Hour} {
		t.Run(name, func(t *testing.T) {
			atWork := working("npm ci (process 7)")
			inBubble(t, site(atWork), func(x *world) {
				go func() {
					time.Sleep(ends)
					atWork.Store("")
				}()
				x.npmCI(0, "")
				x.save("/r/src/a.ts", "new")
				b, took := x.batch()
				want := min(ends, longestInstall)
				if got := describe(b); got != "written node_modules written src/a.ts" || took < want || took > want+time.Second {
					t.Errorf("batch %q after %v", got, took)
				}
				time.Sleep(ends) // of which nothing more is said
				if n := x.noticed(Installing); n != 1 {
					t.Errorf("%d notices", n)
				}
			})
		})
	}
}

// install writes a list, or a package's folder in which a file is.
func (x *world) install(entry, file, content string) {
	x.put(file, content)
	if strings.HasPrefix(file, entry+"/") {
		x.disk.mu.Lock()
		defer x.disk.mu.Unlock()
		x.disk.m[inMap(entry)] = &fstest.MapFile{Mode: fs.ModeDir | 0o755, ModTime: time.Now()}
	}
}

func TestOtherInstallersLists(t *testing.T) {
	for name, tt := range map[string]struct{ is, list, event string }{
		"pnpm":   {"node_modules", "/r/node_modules/.pnpm/lock.yaml", "/r/node_modules/.modules.yaml"},
		"Yarn 1": {"node_modules", "/r/node_modules/.yarn-integrity", "/r/node_modules/.yarn-integrity"},
		"Yarn 4": {"node_modules", "/r/node_modules/.yarn-state.yml", "/r/node_modules/.yarn-state.yml"},
		"PnP":    {".pnp.cjs", "/r/.pnp.cjs", "/r/.pnp.cjs"},
		"Bun":    {"node_modules", "/r/node_modules/dep/package.json", "/r/node_modules/dep"},
		"above":  {"../node_modules", "/node_modules/.package-lock.json", "/node_modules/.package-lock.json"},
		"pip":    {".venv/lib/python3.11/site-packages", "/r/.venv/lib/python3.11/site-packages/dep-2.0.dist-info/RECORD", "/r/.venv/lib/python3.11/site-packages/dep-2.0.dist-info"},
		"Ruby":   {"vendor/bundle/ruby/3.1.0/specifications", "/r/vendor/bundle/ruby/3.1.0/specifications/dep-2.0.gemspec", "/r/vendor/bundle/ruby/3.1.0/specifications/dep-2.0.gemspec"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(x *world, cfg *Config) {
				cfg.Rules.Command = []string{"sh", "-c", "node a & python b & ruby c"}
				x.put("/package.json", "{}")
				x.put("/r/package.json", "{}")
				x.put("/r/.gitignore", ".pnp.*\nnode_modules\n.venv\n")
				for _, p := range []string{"/r/node_modules/.bin/x", "/node_modules/.bin/x", "/r/.venv/lib/python3.11/site-packages/six.py", "/r/vendor/bundle/ruby/3.1.0/specifications/a-1.gemspec"} {
					x.put(p, "old")
				}
				x.install(tt.event, tt.list, "dep 1")
			}, func(x *world) {
				x.install(tt.event, tt.list, "dep 2")
				x.hint(tt.event, fsnotify.Create)
				x.wantBatch(60*ms, "written "+tt.is)
				x.made("/r/node_modules/dep/deep.js", "no other file of a package counts")
				x.wantNone()
			})
		})
	}
}

// Folders of packages cost one watch, however many packages there are.
func TestPackagesAreNotWalked(t *testing.T) {
	inBubble(t, site(working("")), func(x *world) {
		if !x.watches("/r/node_modules") || x.watches("/r/node_modules/dep") {
			t.Error("watches the wrong folders")
		}
	})
	inBubble(t, func(x *world, cfg *Config) {
		site(working(""))(x, cfg)
		cfg.Rules.Ignore = []string{"node_modules"}
	}, func(x *world) {
		if x.watches("/r/node_modules") {
			t.Error("watches what --ignore names")
		}
		x.npmCI(0, "dep 2")
		x.wantNone()
		x.save("/r/src/a.ts", "new")
		x.wantBatch(60*ms, "written src/a.ts")
	})
}

// What a step of the program installs is there before its server is.
func TestOwnInstallationsAreNoChange(t *testing.T) {
	atWork := working("own npm ci (process 7)")
	inBubble(t, site(atWork), func(x *world) {
		for _, list := range []string{"dep 2", "dep 3"} { // the second has ended before things are quiet
			atWork.Store("own npm ci (process 7)")
			x.npmCI(20*ms, list)
			atWork.Store("")
			x.wantNone()
		}
		if n := x.noticed(Installing); n != 0 {
			t.Errorf("%d notices", n)
		}
		x.npmCI(0, "dep 4") // somebody else's
		x.wantNext("written node_modules")
	})
}

// A test runner in a package of a workspace makes node_modules/.vite, where nothing is installed.
func TestACacheIsNoPackage(t *testing.T) {
	inBubble(t, func(x *world, _ *Config) { x.put("/r/package.json", "{}") }, func(x *world) {
		x.put("/r/node_modules/.vite/vitest/results.json", "{}")
		x.hint("/r/node_modules", fsnotify.Create)
		x.wantNone()
		x.install("/r/node_modules/dep", "/r/node_modules/dep/package.json", "{}")
		x.hint("/r/node_modules/dep", fsnotify.Create)
		x.wantBatch(60*ms, "written node_modules")
	})
}
