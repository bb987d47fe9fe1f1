package standby

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// way is hotswap's keeper's child npm, its shell, tsx and the program.
func way(change func(procs []Process) []Process) []Process {
	node := func(pid, ppid int, argv ...string) Process {
		return Process{PID: pid, PPID: ppid, Exe: "/usr/bin/node", Argv: argv,
			Env: []string{"npm_lifecycle_script=tsx src/index.ts"}, Output: [2]string{"pipe:[1]", "pipe:[2]"}}
	}
	npm := node(10, 5, "npm run dev")
	npm.Env = nil
	sh := Process{PID: 11, PPID: 10, Exe: "/usr/bin/dash", Argv: []string{"sh", "-c", "tsx src/index.ts"},
		Output: npm.Output}
	esbuild := Process{PID: 14, PPID: 12, Exe: "/p/node_modules/esbuild/bin/esbuild",
		Argv: []string{"esbuild", "--service=0.25", "--ping"}}
	child := Process{PID: 15, PPID: 13, Exe: "/usr/bin/sleep"}
	procs := []Process{npm, sh, node(12, 11, "node", "/p/node_modules/tsx/dist/cli.mjs", "src/index.ts"),
		node(13, 12, "node", "/p/src/index.ts"), esbuild, child}
	if change != nil {
		procs = change(procs)
	}
	return procs
}

var inNode = Rules{
	Name: "Node", IsMain: func(exe string) bool { return exe == "node" },
	IsLauncher: func(p Process) bool { return p.Name() == "node" },
}

func TestEligible(t *testing.T) {
	set := func(i int, f func(*Process)) func([]Process) []Process {
		return func(procs []Process) []Process { f(&procs[i]); return procs }
	}
	add := func(p Process) func([]Process) []Process {
		return func(procs []Process) []Process { return append(procs, p) }
	}
	for name, c := range map[string]struct {
		change func([]Process) []Process
		why    string // "": it is
	}{
		"as it is":                   {nil, ""},
		"the program ran something":  {set(3, func(p *Process) { p.Waited = true }), ""},
		"the shell ran something":    {set(1, func(p *Process) { p.Waited = true }), "dash has run something"},
		"npm ran something":          {set(0, func(p *Process) { p.Waited = true }), "node has run something"},
		"a build in another process": {add(Process{PID: 20, PPID: 11, Exe: "/usr/bin/tsc"}), "tsc runs beside"},
		"behind a pipe": {func(procs []Process) []Process {
			procs[3].Output[0] = "pipe:[7]"
			return append(procs, Process{PID: 20, PPID: 11, Exe: "/usr/bin/node",
				Argv: []string{"node", "/p/node_modules/.bin/pino-pretty"}})
		}, "through a pipe to pino-pretty, which would run twice; pipe hotswap's output instead: hotswap -- … | pino-pretty"},
		"behind a pipe of pnpm": {func(procs []Process) []Process {
			procs[3].Output[0] = "pipe:[7]"
			return append(procs, Process{PID: 20, PPID: 11, Exe: "/usr/bin/node",
				Argv: []string{"node",
					"/p/node_modules/.bin/../.pnpm/pino-pretty@13.1.1/node_modules/pino-pretty/bin.js"}})
		}, "hotswap -- … | pino-pretty"},
		"uv": {set(0, func(p *Process) {
			p.Exe, p.Argv = "/usr/bin/uv", []string{"uv", "run", "app"}
		}), ""},
		"not Node":    {set(3, func(p *Process) { p.Exe = "/usr/bin/bun" }), "bun is not Node"},
		"a container": {set(1, func(p *Process) { p.Exe = "/usr/bin/docker" }), "docker may do more"},
		"redirected":  {set(3, func(p *Process) { p.Output[0] = "/var/log/app.log" }), "/var/log/app.log"},
		"to nowhere":  {set(3, func(p *Process) { p.Output[0] = "/dev/null" }), ""},
		"a shell that writes": {set(1, func(p *Process) { p.Argv[2] = "echo $$ > pid; tsx src/index.ts" }),
			"writes to a file"},
		"a shell's script": {set(1, func(p *Process) {
			p.Argv, p.Script = []string{"sh", "run.sh"}, "date >>log\nexec tsx x"
		}), "writes to a file"},
		"npm's script, its shell gone": {func(procs []Process) []Process {
			procs[3].PPID, procs[3].Env = 10, []string{"npm_lifecycle_script=echo >x && node x"}
			return append(procs[:1], procs[3])
		}, "writes to a file"},
		"after a step, the shell gone": {func(procs []Process) []Process {
			procs[3].PPID, procs[3].Waited, procs[3].Env = 10, true,
				[]string{"npm_lifecycle_script=rm -rf dist && node x"}
			return append(procs[:1], procs[3])
		}, "may have run something"},
		"after a script of pnpm's": {func(procs []Process) []Process {
			// of npx
			procs[2].PPID, procs[2].Waited, procs[2].Env = 10, true, []string{`npm_lifecycle_script=A=1 "tsx" x`}
			return append(procs[:1], procs[2:]...)
		}, ""},
		"after a step, the shell gone that ran a tool": {func(procs []Process) []Process {
			procs[2].PPID, procs[2].Waited, procs[2].Env = 10, true,
				[]string{"npm_lifecycle_script=rm -rf dist && tsx x"}
			return append(procs[:1], procs[2:]...)
		}, "node has run something"},
		"a step of a tool's shell": {func(procs []Process) []Process {
			procs[2].Argv[1] = "/p/node_modules/.bin/nodemon"
			procs[3].Waited, procs[3].Env = true, []string{"npm_lifecycle_script=nodemon"}
			return procs
		}, "may have run something"},
		"elsewhere": {set(3, func(p *Process) { p.PPID = 1 }), "not below"},
	} {
		err := inNode.Eligible(way(c.change), 10, 13)
		if (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %q", name, err, c.why)
		}
	}
}

func TestStepped(t *testing.T) {
	script, shim, python := filepath.Join(t.TempDir(), "run.sh"), filepath.Join(t.TempDir(), "node_modules/.bin/tsx"),
		filepath.Join(t.TempDir(), ".pyenv/shims/python")
	for _, path := range []string{script, shim, python} {
		testkit.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755),
			os.WriteFile(path, []byte("#!/bin/sh\nrm -rf dist\nexec node x\n"), 0o755))
	}
	for _, c := range []struct {
		argv, files []string
		stepped     bool
	}{
		{[]string{"npm", "run", "dev"}, nil, false},
		{[]string{"/bin/bash", "-ec", "rm -rf dist; exec node x"}, nil, true},
		{[]string{"sh", "-c", ""}, nil, false}, // a program that no package manager has started
		{[]string{"./run.sh"}, []string{script}, true},
		{[]string{shim}, []string{shim}, false},
		{[]string{"python"}, []string{python}, false},
	} {
		if err := Stepped(c.argv, Scripts(c.files), true); (err != nil) != c.stepped ||
			err != nil && !errors.As(err, new(handoff.Never)) {
			t.Errorf("%q %q: %v", c.argv, c.files, err)
		}
	}
}
