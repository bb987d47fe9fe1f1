package plan

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// put writes files below a directory.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		testkit.Write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
}

func TestExtended(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{
		"app/tsconfig.json": `{ // comments are allowed
			"extends": ["../conf/base", "@w/tsconfig/strict.json", "packed", "./missing"] }`,
		"conf/base.json":                        `{"extends":"../app/tsconfig.json"}`, // a circle
		"node_modules/@w/tsconfig/strict.json":  `{"extends": "./deep.json"}`,
		"node_modules/@w/tsconfig/deep.json":    `{}`,
		"app/node_modules/packed/tsconfig.json": `{}`,
	})
	got := extended([]string{filepath.Join(dir, "app/tsconfig.json"), filepath.Join(dir, "app/.env")})
	var want []string
	for _, name := range []string{"app/tsconfig.json", "app/node_modules/packed/tsconfig.json", "conf/base.json",
		"node_modules/@w/tsconfig/deep.json", "node_modules/@w/tsconfig/strict.json"} {
		want = append(want, filepath.Join(dir, name))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the command names, and is not loaded when the standby goes, must not change.
func TestNamedOnTheWay(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"main.js": "", "dev.env": "A=1", "run.sh": "#!/bin/sh\nexec node main.js",
		"conf/ts.json": `{"extends":"./base"}`, "conf/base.json": ""})
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, fresh := range map[string]bool{"main.js": true, "dev.env": false, "run.sh": false,
		"conf/base.json": false, "conf/ts.json": false} {
		m, r := newManager(t), NewRuntime(nil, true)
		thread := files.Snapshot{Files: []files.File{{Path: in("main.js"), Kind: files.CommonJS}}, Program: files.Program{
			CanPark: true, Main: in("main.js"), ExecArgv: []string{"--env-file", "dev.env"}}}
		command := []string{"./run.sh", "main.js"}
		testkit.Must(m.Use(command, r.Program(thread), standby.Process{Dir: dir, Argv: []string{"npm run dev"}},
			standby.Process{Dir: dir, Env: []string{"TSX_TSCONFIG_PATH=conf/ts.json"},
				Argv: []string{"node", "main.js"}}))(t)
		s := testkit.Must(m.Prepare(&handoff.Launch{Gen: 2, Argv: command}, false))(t)
		defer s.Close()
		put(t, dir, map[string]string{name: "changed"})
		if err := s.Validate(); (err == nil) != fresh || err != nil && !strings.Contains(err.Error(), "has changed") {
			t.Errorf("%s has changed: %v", name, err)
		}
		put(t, dir, map[string]string{"dev.env": "A=1", "run.sh": "#!/bin/sh\nexec node main.js",
			"conf/ts.json": `{"extends":"./base"}`})
	}
	put(t, dir, map[string]string{"run.sh": "#!/bin/sh\necho > pid; exec node main.js"})
	m, r := newManager(t), NewRuntime(nil, true)
	command := []string{"./run.sh"}
	if _,
		err := m.Use(command,
		r.Program(files.Snapshot{Program: files.Program{CanPark: true, Main: in("main.js")},
			Files: []files.File{{Path: in("main.js")}}}),
		standby.Process{Dir: dir}); !errors.As(err, new(handoff.Never)) {
		t.Errorf("a script that writes: %v", err)
	}
}

func TestLoadsProject(t *testing.T) {
	for _, c := range []struct {
		argv    []string
		options string // NODE_OPTIONS
		want    bool
	}{
		{[]string{"node", "/p/node_modules/.bin/tsx", "--require", "./x.js", "main.ts"}, "", false},
		{[]string{"node", "--require", "./x.js", "/p/node_modules/.bin/tsx"}, "", true},
		{[]string{"node", "--import=./x.mjs", "cli.js"}, "", true},
		{[]string{"node", "-r", "dotenv/config", "cli.js"}, "", false},
		{[]string{"npm run dev"}, "", false},
		{[]string{"npm run dev"}, "--import ./x.mjs --require /c/node-0123456789abcdef/adapter.cjs", true},
		{[]string{"npm run dev"}, "--import ./run.mjs --require /c/node-0123456789abcdef/adapter.cjs", false},
		{nil, "", false},
	} {
		if got := (&Runtime{run: []string{"/p/run.mjs"}}).loadsProject(standby.Process{Argv: c.argv, Dir: "/p",
			Env: []string{"NODE_OPTIONS=" + c.options}}); got != c.want {
			t.Errorf("%q %s: %v", c.argv, c.options, got)
		}
	}
}
