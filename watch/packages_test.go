package watch

import (
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

const npmList = "/r/node_modules/.package-lock.json"

// site is a project with packages that npm has installed.
func site(x *world, _ *Config) {
	x.put("/r/package.json", "{}")
	x.put("/r/src/a.ts", "old")
	x.put(npmList, "dep 1")
	x.put("/r/node_modules/dep/index.js", "1")
}

// npmCI does what npm ci does, in that order: each of two packages, and the list at last.
func (x *world) npmCI(took time.Duration, list string) {
	x.gone(npmList)
	x.gone("/r/node_modules/dep")
	for _, dep := range []string{"dep", "new"} {
		time.Sleep(took)
		x.put("/r/node_modules/"+dep+"/index.js", list)
		x.hint("/r/node_modules/"+dep, fsnotify.Create)
	}
	time.Sleep(took)
	x.made(npmList, list)
}

// However long an installer takes, its packages are one change, and none if they are as before.
func TestPackagesAreOneChangeWhenTheirListIsThere(t *testing.T) {
	inBubble(t, site, func(x *world) {
		for _, took := range []time.Duration{0, time.Minute} {
			x.npmCI(took, "dep 1")
			x.wantNone()
		}
		for _, list := range []string{"dep 2", "dep 1"} { // it is undone before anybody has received it
			x.npmCI(0, list)
			time.Sleep(time.Minute)
		}
		x.wantNone()
		x.npmCI(time.Minute, "dep 2")
		x.begun = time.Now()
		b, took := x.batch()
		if describe(b) != "written node_modules/.package-lock.json" ||
			b[0].Why != rules.Package || took > DefaultQuiet {
			t.Errorf("%+v after %v", b, took)
		}
		x.wantNone()
	})
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
	for name, tt := range map[string]struct{ list, event string }{
		"pnpm":   {"/r/node_modules/.pnpm/lock.yaml", "/r/node_modules/.pnpm/lock.yaml"},
		"Yarn 1": {"/r/node_modules/.yarn-integrity", "/r/node_modules/.yarn-integrity"},
		"Yarn 4": {"/r/node_modules/.yarn-state.yml", "/r/node_modules/.yarn-state.yml"},
		"PnP":    {"/r/.pnp.cjs", "/r/.pnp.cjs"},
		"Bun":    {"/r/bun/node_modules/dep/package.json", "/r/bun/node_modules/dep"},
		"Bun, isolated": {"/r/bun/node_modules/.bun/dep@1/node_modules/dep/package.json",
			"/r/bun/node_modules/.bun/dep@1"},
		"above": {"/node_modules/.package-lock.json", "/node_modules/.package-lock.json"},
		"pip": {"/r/.venv/lib/python3.11/site-packages/dep-2.0.dist-info/RECORD",
			"/r/.venv/lib/python3.11/site-packages/dep-2.0.dist-info"},
		"Ruby": {"/r/vendor/bundle/ruby/3.1.0/specifications/dep-2.0.gemspec",
			"/r/vendor/bundle/ruby/3.1.0/specifications/dep-2.0.gemspec"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(x *world, cfg *Config) {
				cfg.Rules.Command = []string{"sh", "-c", "node a & python b & ruby c"}
				x.put("/package.json", "{}")
				x.put("/r/package.json", "{}")
				x.put("/r/bun/package.json", "{}")
				x.put("/r/bun/bun.lock", "{}")
				cfg.Roots = []string{"", "bun"}
				x.put("/r/.gitignore", ".pnp.*\nnode_modules\n.venv\n")
				for _, p := range []string{"/r/node_modules/.bin/x", "/r/bun/node_modules/.bin/x",
					"/node_modules/.bin/x", "/r/.venv/lib/python3.11/site-packages/six.py",
					"/r/vendor/bundle/ruby/3.1.0/specifications/a-1.gemspec"} {
					x.put(p, "old")
				}
				x.install(tt.event, tt.list, "dep 1")
			}, func(x *world) {
				x.install(tt.event, tt.list, "dep 2")
				x.hint(tt.event, fsnotify.Create)
				x.wantBatch(60*ms, "written "+Relative("/r", tt.list))
				x.made("/r/node_modules/dep/deep.js", "no other file of a package counts")
				x.wantNone()
				if strings.HasPrefix(name, "Bun") || name == "PnP" {
					return
				}
				x.gone(tt.event) // pip removes what it installs again
				x.wantNone()
				x.install(tt.event, tt.list, "dep 2")
				x.hint(tt.event, fsnotify.Create)
				x.wantNone()
			})
		})
	}
}

// Folders of packages cost one watch, however many packages there are.
func TestPackagesAreNotWalked(t *testing.T) {
	inBubble(t, site, func(x *world) {
		if !x.watches("/r/node_modules") || x.watches("/r/node_modules/dep") {
			t.Error("watches the wrong folders")
		}
	})
	inBubble(t, func(x *world, cfg *Config) {
		site(x, cfg)
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

// A test runner in a package of a workspace makes node_modules/.vite, where nothing is installed. The folder may be one
// above the root.
func TestACacheIsNoPackage(t *testing.T) {
	for root, is := range map[string]string{"/r": "node_modules/.package-lock.json", "/r/deep/app": npmList} {
		inBubble(t, func(x *world, cfg *Config) {
			cfg.Rules.Root = root
			x.put("/r/package.json", "{}")
			x.put(root+"/a.ts", "old")
		}, func(x *world) {
			if !x.watches("/r") {
				t.Error("no event would come")
			}
			x.put("/r/node_modules/.vite/vitest/results.json", "{}")
			x.hint("/r/node_modules", fsnotify.Create)
			x.wantNone()
			x.install("/r/node_modules/dep", "/r/node_modules/dep/package.json", "{}") // its installer is at work
			x.hint("/r/node_modules/dep", fsnotify.Create)
			x.wantNone()
			x.made(npmList, "dep 1")
			x.wantBatch(60*ms, "new/gone "+is)
		})
	}
}

// What an installer and its scripts write is one change when the installer has ended; a save does not wait for that.
func TestPackagesWaitForTheirInstaller(t *testing.T) {
	var installs atomic.Bool
	const generated = "/r/node_modules/.x/index.js"
	inBubble(t, func(x *world, cfg *Config) {
		site(x, cfg)
		x.put(generated, "old")
		cfg.Installs = installs.Load
	}, func(x *world) {
		x.w.Follow(Loaded{Files: []string{generated}, Since: time.Now()})
		x.save(generated, "new")
		x.wantNext("written node_modules/.x/index.js")
		installs.Store(true)
		x.npmCI(time.Second, "dep 2")
		x.save("/r/package.json", "new")
		x.gone(generated)
		x.save("/r/src/a.ts", "new")
		x.wantNext("written src/a.ts")
		time.Sleep(wait.Command / 2)
		x.made(generated, "newer")
		time.Sleep(time.Second)
		installs.Store(false)
		x.wantNext("written node_modules/.package-lock.json written node_modules/.x/index.js written package.json")
		installs.Store(true)
		x.npmCI(0, "dep 3")
		x.begun = time.Now()
		x.wantBatch(wait.Command+60*ms, "written node_modules/.package-lock.json") // this one hangs
	})
}
