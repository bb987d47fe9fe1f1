package plan

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// rehearsed is a request for everything that may be loaded.
func rehearsed(project ...string) standby.Request {
	return standby.Request{Path: []standby.Process{{}}, Known: standby.Remember("", ""),
		Question: standby.Question{Project: project, Rehearse: true}}
}

func example() facts {
	return facts{dir: "/p", exe: "/usr/bin/node", thread: files.Snapshot{Program: files.Program{Main: "/p/src/index.ts", CanPark: true,
		Env: map[string]string{"MODE": "1"}, Builtins: []string{"node:http"}}, Files: []files.File{
		{Path: "/p/node_modules/tsx/dist/loader.mjs", Kind: files.ESModule},
		{Path: "/p/src/index.ts", Kind: files.ESModule},
		{Path: "/p/node_modules/hono/index.js", Kind: files.ESModule},
		{Path: "/p/node_modules/@a/ws/index.js", Kind: files.CommonJS, Imported: true},
		{Path: "/p/node_modules/@a/ws/lib/x.js", Kind: files.CommonJS},
		{Path: "/p/node_modules/@a/ws/package.json", Kind: files.JSON},
		{Path: "/workspace/lib/index.ts", Kind: files.ESModule},
		{Path: "/p/node_modules/native/x.node", Kind: files.Addon},
	}}, options: []string{"--import", "file:///p/node_modules/tsx/dist/loader.mjs"}}
}

func TestPlan(t *testing.T) {
	p, err := makePlan(example())
	want := plan{
		Main: "/p/src/index.ts", Exe: "/usr/bin/node", Twice: launchers.Twice(), Async: true,
		ESM: true, Imports: []string{"file:///p/node_modules/tsx/dist/loader.mjs"}, Assume: map[string]string{},
		Builtins: []string{"node:http"},
		early:    []string{"tsx"},
		Load: []standby.Item{{File: "/p/node_modules/hono/index.js", How: imported},
			{File: "/p/node_modules/@a/ws/index.js", How: imported}, {File: "/p/node_modules/@a/ws/lib/x.js",
				How: required}},
	}
	if err != nil || !reflect.DeepEqual(p, want) {
		t.Errorf("%+v, %v", p, err)
	}
	if p, c, err := (program{}).plan(example(), rehearsed("@a/ws")); err != nil || len(p.Load) != 1 ||
		!slices.Equal(p.Barred, []string{"@a/ws"}) || !c.Unknown["hono"] {
		t.Errorf("without one: %+v, %+v, %v", p, c, err)
	}
	q := rehearsed()
	q.Rehearse = false
	if p, _, err := (program{}).plan(example(), q); err != nil || len(p.Load) > 0 ||
		!slices.Equal(p.Barred, []string{"@a/ws", "hono"}) {
		t.Errorf("a standby where nothing is known: %+v, %v", p, err)
	}
	passed := example()
	passed.thread.CanPark = false
	if _, err := makePlan(passed); !errors.Is(err, errCannotPark) {
		t.Errorf("Node passed by: %v", err)
	}
	for options, why := range map[string]string{
		"--inspect=9229":       "",
		"--inspect-brk":        "waits for a debugger",
		"--inspect-wait=9229":  "waits for a debugger",
		"-r ./setup.js":        "code of the project",
		"--require=/p/a.js":    "code of the project",
		"--import ./a.mjs":     standby.Behind + "--import ./a.mjs, which is code",
		"--loader=./a.mjs":     standby.Behind + "--loader ./a.mjs, which is code",
		"--require dotenv":     "",
		"--enable-source-maps": "",
		"--require /c/node-0123456789abcdef/adapter.cjs": "",
	} {
		f := example()
		f.options = strings.Fields(options)
		p, err := makePlan(f)
		if got := reason(p, err); (got == "") != (why == "") || !strings.Contains(got, why) {
			t.Errorf("%s: %q, want %q", options, got, why)
		}
	}
	f := example()
	f.options = []string{"--import", "./a.mjs"}
	if p, c, err := (program{}).plan(f, rehearsed()); err != nil || len(p.Load) > 0 || len(p.Barred) > 0 ||
		len(c.Left) != 2 || len(c.Unknown) > 0 || len(c.Packages) != 2 {
		t.Errorf("behind code of the project: %+v, %+v, %v", p, c, err)
	}
}

// reason is why nothing is loaded ahead.
func reason(p plan, err error) string {
	if err != nil {
		return err.Error()
	}
	return p.behind
}

// What the program wraps is loaded behind its hooks, and nothing is loaded ahead of hooks that may see
// all modules, or of which each save may bring more.
func TestHooks(t *testing.T) {
	const ritm, otel = "/p/node_modules/require-in-the-middle/index.js",
		"/p/node_modules/@opentelemetry/instrumentation/RequireInTheMiddleSingleton.js"
	for _, c := range []struct {
		name  string
		early []string // files
		hooks []files.Hook
		why   string
		want  standby.Wrapped
		stale []string
	}{
		{name: "none, of a program that is instrumented"},
		{name: "before the main module", early: []string{ritm, otel}, hooks: []files.Hook{{By: []string{ritm, otel}}}},
		{name: "by nobody", hooks: []files.Hook{{Names: []string{"pg"}}, {}}, why: "something, which hooks"},
		{name: "of unknown modules",
			hooks: []files.Hook{{By: []string{"/p/node_modules/dd-trace/init.js", "/p/src/a.ts"}}},
			why:   "src/a.ts, which hooks"},
		{name: "by a package",
			hooks: []files.Hook{{By: []string{"/p/node_modules/dd-trace/x.js", "/p/node_modules/dd/init.js"}}},
			why:   "dd, which hooks"},
		{name: "by the main module",
			hooks: []files.Hook{{By: []string{ritm, "/p/src/index.ts"}, Names: []string{"pg"}}},
			why:   "src/index.ts, which wraps modules while they are loaded: let a file"},
		{
			name: "of modules", hooks: []files.Hook{{By: []string{ritm, otel, "/p/src/a.ts", "/p/src/index.ts"},
				Before: []string{"sdk"}, Names: []string{"pg/lib", "@a/ws/x", "node:http"}}},
			want: standby.Wrapped{By: "src/a.ts", Names: []string{"pg", "@a/ws", "node:http"},
				Before: []string{"sdk", "require-in-the-middle", "@opentelemetry/instrumentation"}},
			stale: []string{"/p/src/a.ts"},
		},
		{
			name: "twice", hooks: []files.Hook{
				{By: []string{ritm, "/p/src/a.ts"}, Before: []string{"sdk", "zod"}, Loaded: []string{"zod"},
					Names: []string{"pg"}},
				{By: []string{"/p/node_modules/zod/x.js", "/w/b.ts"}, Before: []string{"hono"},
					Loaded: []string{"hono"}, Names: []string{"pino"}},
			},
			want: standby.Wrapped{By: "src/a.ts", Names: []string{"pg", "pino"},
				Before: []string{"sdk", "zod", "require-in-the-middle"}, Loaded: []string{"zod"}},
			stale: []string{"/p/src/a.ts", "/w/b.ts"},
		},
	} {
		f := example()
		for _, file := range c.early {
			f.thread.Files = slices.Insert(f.thread.Files, 0, files.File{Path: file, Kind: files.CommonJS})
		}
		f.thread.Files = append(f.thread.Files, files.File{Path: "/p/node_modules/@opentelemetry/api/x.js",
			Kind: files.CommonJS})
		if len(c.early) > 0 {
			f.thread.Files = f.thread.Files[:len(f.thread.Files)-1]
		}
		f.thread.Hooks = c.hooks
		p, err := makePlan(f)
		if got := reason(p, err); (got == "") != (c.why == "") || !strings.Contains(got, c.why) {
			t.Errorf("%s: %q, want %q", c.name, got, c.why)
		}
		if c.why == "" && (!reflect.DeepEqual(p.wrapped, c.want) || !slices.Equal(p.Hooks, c.stale)) {
			t.Errorf("%s: %+v, %q", c.name, p.wrapped, p.Hooks)
		}
	}
}

// A CommonJS main module may wrap more after each save, which what can be loaded anew survives.
func TestMainModuleWraps(t *testing.T) {
	f := example()
	main := slices.IndexFunc(f.thread.Files, func(x files.File) bool { return x.Path == f.thread.Main })
	f.thread.Files[main].Kind = files.CommonJS
	f.thread.Hooks = []files.Hook{{By: []string{"/p/node_modules/agent/index.js", f.thread.Main},
		Runs: []string{"agent"}, Names: []string{"pg", "pg/lib"}, Before: []string{"a", "b"}, Loaded: []string{"b"}}}
	p, err := makePlan(f)
	if got := reason(p, err); got != "" || !p.wrapped.Anew || len(p.Hooks) > 0 {
		t.Errorf("%q, anew %t, %q", got, p.wrapped.Anew, p.Hooks)
	}
	if !slices.Equal(p.Named, []string{"pg", "pg/lib"}) || !slices.Equal(p.Before, []string{"b"}) ||
		!slices.Equal(p.wrapped.Runs, []string{"agent"}) {
		t.Errorf("named %q, before %q, %+v", p.Named, p.Before, p.wrapped)
	}
}

// A file of an ES module's program that names a package with which it may wrap modules must not change,
// and if that is the main module no package is loaded ahead.
func TestMayWrap(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	put(t, dir, map[string]string{
		"main.mjs": "import './traced.mjs'", "traced.mjs": "import sdk from \"sdk/start\"",
		"other.mjs":                     "import { trace } from 'api' // not sdk",
		"node_modules/sdk/package.json": `{"dependencies":{"require-in-the-middle":"1","api":"1"}}`,
		"node_modules/api/package.json": "{}", "node_modules/require-in-the-middle/package.json": "{}",
	})
	r := NewRuntime(nil, true)
	var many []string
	for _, name := range []string{"a.mjs", "b.mjs", "c.mjs", "d.mjs", "e.mjs"} {
		put(t, dir, map[string]string{name: "import 'sdk'", "many.mjs": ""})
		many = append(many, in(name))
	}
	for _, c := range []struct {
		main, behind string
		kind         string
		hooks        []string
		run          string // file of --standby-run
	}{
		{"main.mjs", "", files.ESModule, []string{in("traced.mjs")}, ""},
		{"traced.mjs", "traced.mjs, which wraps modules while they are loaded, or may", files.ESModule,
			[]string{in("traced.mjs")}, ""},
		{"main.mjs", "", files.CommonJS, nil, ""},
		{"many.mjs", "6 files that name", files.ESModule, append(many, in("traced.mjs")), ""},
		{"main.mjs", "require-in-the-middle, which wraps", files.CommonJS, nil, "traced.mjs"},
	} {
		f := facts{dir: dir, thread: files.Snapshot{Program: files.Program{Main: in(c.main), CanPark: true},
			Files: []files.File{{Path: in(c.main), Kind: c.kind}}}}
		for _, name := range []string{"traced.mjs", "other.mjs", "node_modules/sdk/x.mjs", "node_modules/api/x.mjs",
			"node_modules/require-in-the-middle/x.mjs"} {
			f.thread.Files = append(f.thread.Files, files.File{Path: in(name), Kind: c.kind})
		}
		for _, file := range many[:len(many)*strings.Count(c.main, "many")] {
			f.thread.Files = append(f.thread.Files, files.File{Path: file, Kind: c.kind})
		}
		if c.run != "" {
			f.run, f.options = []string{in(c.run)}, []string{"--import", "./" + c.run}
		}
		made, _, err := r.Program(f.thread).(program).plan(f, rehearsed())
		if err != nil || !strings.Contains(made.behind, c.behind) || (c.behind == "") != (made.behind == "") ||
			!slices.Equal(slices.Compact(slices.Sorted(slices.Values(made.Hooks))), c.hooks) {
			t.Errorf("%s: behind %q, %q, %v", c.main, made.behind, made.Hooks, err)
		}
	}
}

// A standby runs code of the project if --standby-run names the file, and then loads what
// the file instruments. Other files of the project it waits before.
func TestPlanRuns(t *testing.T) {
	sentry := files.File{Path: "/p/node_modules/@sentry/node/x.js", Kind: files.CommonJS}
	other := files.File{Path: "/p/node_modules/newrelic/x.js", Kind: files.CommonJS}
	for _, c := range []struct {
		options string
		early   []files.File // loaded before the main module
		late    []files.File
		patched bool
		imports int
		why     string // part of the error
		loads   int
	}{
		{"--import ./instrument.mjs", []files.File{sentry}, nil, true, 1, "", 3},
		{"--import=file:///p/instrument.mjs", []files.File{sentry}, []files.File{sentry}, true, 1, "", 3},
		{"-r ./instrument", []files.File{sentry}, nil, true, 0, "", 3},
		{"--require /p/instrument.mjs", nil, nil, true, 0, "", 3},
		{"--import tsx --import ./instrument.mjs", []files.File{sentry}, nil, true, 2, "", 3},
		{"--import tsx --import ./other.mjs --import ./instrument.mjs", []files.File{sentry}, nil, true, 1,
			"--import ./other.mjs, which is code of the project (if it may run before a save, write --standby-run ./other.mjs)", 3},
		{"--import tsx --loader ./other.mjs", nil, nil, false, 0, "--loader ./other.mjs, which is code of the project",
			3},
		{"--import tsx", nil, []files.File{sentry}, false, 1, "", 4},
		{"--import @sentry/node", []files.File{sentry}, []files.File{sentry}, true, 1, "", 3},
		{"-r newrelic", []files.File{other, {Path: "/p/newrelic.js", Kind: files.CommonJS}}, nil, false, 0,
			"newrelic runs /p/newrelic.js", 0},
		{"--import tsx --import newrelic/esm.mjs", []files.File{other, {Path: "/p/newrelic.js", Kind: files.CommonJS}},
			nil, false, 1, "newrelic, which wraps", 3},
		{"-r newrelic", []files.File{other, {Path: "/p/instrument.mjs", Kind: files.CommonJS}}, nil, true, 0, "", 3},
		{"-r newrelic", []files.File{other, {Path: "/p/package.json", Kind: files.JSON}}, nil, true, 0, "", 3},
		{"--import ./instrument.mjs", []files.File{sentry}, []files.File{other}, true, 1, "", 4},
		{"-r ./other.cjs --import ./instrument.mjs", nil, nil, false, 0,
			"--require ./other.cjs is code of the project (if it may run before a save, write --standby-run ./other.cjs)", 0},
	} {
		f := example()
		f.run = []string{"/p/instrument.mjs"}
		f.options = strings.Fields(c.options)
		f.thread.Files = slices.Concat(c.early, f.thread.Files, c.late)
		p, err := makePlan(f)
		if got := reason(p, err); (got == "") != (c.why == "") || !strings.Contains(got, c.why) {
			t.Errorf("%s: %q, want %q", c.options, got, c.why)
		}
		if p.Patched != c.patched || len(p.Imports) != c.imports || len(p.Load) != c.loads {
			t.Errorf("%s: %+v", c.options, p)
		}
	}
}

// An optional peer is not needed: a rehearsal finds who loads it all the same.
func TestNeeds(t *testing.T) {
	dir := t.TempDir()
	text := `{"dependencies":{"a":"1"},"optionalDependencies":{"b":"1"},"peerDependencies":{"c":"1","d":"1"},"peerDependenciesMeta":{"d":{"optional":true}},"devDependencies":{"e":"1"}}`
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "package.json"), []byte(text), 0o644))
	m, _ := standby.ReadManifest(dir)
	got := m.Needs()
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%q", got)
	}
	if m, ok := standby.ReadManifest(dir + "/none"); ok || len(m.Needs()) > 0 {
		t.Errorf("without a manifest: %+v", m)
	}
}

func TestOwnNames(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	put(t, dir, map[string]string{"package.json": `{"name":"root"}`, "lib/package.json": `{"name":"@w/lib"}`,
		"lib/src/package.json": `{"type":"module"}`})
	got := (program{sources: []string{in("lib/src/a.js"), in("src/deep/a.js"), in("lib/x.js")}}).ownNames()
	if !reflect.DeepEqual(got, []string{"@w/lib", "root"}) {
		t.Errorf("%q", got)
	}
	program, f := program{sources: []string{in("lib/x.js")}}, example()
	f.thread.Main = in("src/index.ts")
	for i, file := range f.thread.Files {
		f.thread.Files[i].Path = strings.Replace(file.Path, "/p/", dir+"/", 1)
	}
	testkit.Write(t, in("node_modules/@a/ws/package.json"), `{"peerDependencies":{"@w/lib":"*"}}`)
	if p, _, err := program.plan(f, rehearsed()); err != nil || len(p.Load) != 1 {
		t.Errorf("loaded ahead: %+v, %v", p.Load, err)
	}
}

func TestFresh(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) { testkit.Write(t, filepath.Join(dir, name), text) }
	for name, change := range map[string]func(){
		"":                    func() { put("src/a.ts", "2") },
		"node_modules/x/a.js": func() { put("node_modules/x/a.js", "22") },
		"package.json":        func() { put("package.json", "{ }") },
		"package-lock.json":   func() { put("package-lock.json", "{}") },
		"tsconfig.base.json":  func() { put("tsconfig.base.json", "{}") },
		".env.local":          func() { put(".env.local", "A=1") },
		"node_modules":        func() { put("node_modules/y/a.js", "") },
		"node_modules/x/a.js ": func() {
			_ = os.Chtimes(filepath.Join(dir, "node_modules/x/a.js"), time.Time{}, time.Unix(1e9, 0))
		},
	} {
		put("node_modules/x/a.js", "1")
		put("package.json", "{}")
		s := standby.Settings([]string{filepath.Join(dir, "src")}, standby.Resolved)
		s.Take(filepath.Join(dir, "node_modules/x/a.js"))
		testkit.NoError(t, s.Validate(standby.Settings([]string{filepath.Join(dir, "src")}, standby.Resolved)))
		change()
		err := s.Validate(standby.Settings([]string{filepath.Join(dir, "src")}, standby.Resolved))
		if want := strings.TrimSpace(name); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), filepath.Join(dir, want)) {
			t.Errorf("%q: %v", want, err)
		}
		_ = os.RemoveAll(dir)
	}
}

// A generation that was a standby does not report the hooks that were there before its main module, as those of tsx:
// what is known of the packages is the same.
func TestKeyWithoutEarlyHooks(t *testing.T) {
	key := func(hooks ...files.Hook) string {
		thread := files.Snapshot{Program: files.Program{Main: "/p/a.ts"}, Files: []files.File{{Path: "/p/node_modules/tsx/x.mjs"},
			{Path: "/p/a.ts"}, {Path: "/p/b.ts"}}, Hooks: hooks}
		return NewRuntime(nil, true).Program(thread).Key()
	}
	marks := map[string]string{"fs.open": "1"}
	if key(files.Hook{By: []string{"/p/node_modules/tsx/x.mjs"}, Marks: marks}) != key() {
		t.Error("a hook of Node's options counts")
	}
	if key(files.Hook{By: []string{"/p/b.ts"}, Marks: marks}) == key() {
		t.Error("a hook of the program does not count")
	}
}
