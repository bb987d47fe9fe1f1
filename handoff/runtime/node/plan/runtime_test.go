//go:build unix

package plan

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	runtimes "github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// manager prepares standbys of one runtime.
type manager struct {
	*runtimes.Manager
	runtime *Runtime
}

func newManager(t *testing.T) manager {
	return manager{runtimes.New(scratch.In(t.TempDir()), ""), NewRuntime(nil, true)}
}

// held makes a standby whose process the test plays.
func held(t *testing.T, m manager, gen handoff.GenID) (handoff.Standby, string, func(lines ...string)) {
	t.Helper()
	f := example()
	main := standby.Process{Exe: f.exe, Dir: t.TempDir(),
		Env: []string{node.OptionsVariable + "=" + strings.Join(f.options, " ")}}
	testkit.Must(m.Use(nil, m.runtime.Program(f.thread), main))(t)
	l := &handoff.Launch{Gen: gen, Env: []string{"A=1", node.StandbyVariable + "=/above"}}
	s := testkit.Must(m.Prepare(l, false))(t)
	t.Cleanup(func() { s.Close() })
	dir, ok := strings.CutPrefix(l.Env[1], node.StandbyVariable+"=")
	if !ok || len(l.Env) != 2 {
		t.Fatalf("environment %q", l.Env)
	}
	testkit.Must(os.Stat(filepath.Join(dir, "plan.json")))(t)
	return s, dir, func(lines ...string) {
		t.Helper()
		up, err := os.OpenFile(filepath.Join(dir, "up"), os.O_WRONLY, 0)
		if err == nil {
			_, err = up.WriteString(strings.Join(lines, "\n") + "\n")
			up.Close()
		}
		testkit.NoError(t, err)
	}
}

func TestStandbyWaits(t *testing.T) {
	w := newManager(t)
	s, dir, say := held(t, w, 2)
	say(`{"type":"read","file":"/nowhere"}`, `{"type":"ready"}`)
	testkit.NoError(t, s.Validate(), s.Ready(t.Context()), s.Validate())
	down := testkit.Must(os.OpenFile(filepath.Join(dir, "down"), os.O_RDONLY, 0))(t)
	defer down.Close()
	testkit.NoError(t, s.Resume())
	testkit.Must(down.Read(make([]byte, 1)))(t)
	if _, err := os.Stat(filepath.Join(dir, "go")); err != nil {
		t.Error(err)
	}
	s.Close()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
}

func TestFilesThatMakeStale(t *testing.T) {
	thread := example().thread
	thread.Builtins = []string{"dns"}
	thread.ExecArgv = []string{"--env-file", ".env", "--env-file-if-exists=more", "--env-file="}
	q := standby.Request{Path: []standby.Process{{Dir: "/nowhere"}}, Known: standby.Remember("", "")}
	files := testkit.Must(NewRuntime(nil, true).Program(thread).Spec(q))(t).Files
	for file, want := range map[string]bool{"/nowhere": false, "/nowhere/.env": true, "/nowhere/more": true,
		"/etc/resolv.conf": true} {
		if _, ok := files[file]; ok != want {
			t.Errorf("%s: %v", file, ok)
		}
	}
}

// Where two processes cannot listen at one port the standby would take its
// debugger's from the generation that comes instead, or find it taken.
func TestDebuggersPortHasToBeSteered(t *testing.T) {
	thread := example().thread
	thread.ExecArgv = []string{"--inspect=9230"}
	main := standby.Process{Dir: t.TempDir(), Argv: []string{"node", "--inspect=9230", "server.js"}}
	if _, err := newManager(t).Use(nil, NewRuntime(nil, true).Program(thread), main); err != nil {
		t.Error(err)
	}
	if _, err := newManager(t).Use(nil, NewRuntime(nil, false).Program(thread), main); err == nil {
		t.Error("two listen at one port")
	}
}

// The program is the uppermost process of the project, or the one that serves, wherever its file lies.
func TestMainThread(t *testing.T) {
	const own, tool = "/p/server.js", "/p/node_modules/x/bin.js"
	at := func(pid int, main string, serves bool) files.Snapshot {
		return files.Snapshot{PID: pid, Program: files.Program{Main: main}, Serves: serves}
	}
	for name, c := range map[string]struct {
		threads []files.Snapshot
		want    int // of the processes 1, 2 and 3, each below the one before, and 4, below 1; 0: none
	}{
		"the project's, below a tool":              {[]files.Snapshot{at(1, tool, false), at(2, own, true)}, 2},
		"a tool that serves":                       {[]files.Snapshot{at(2, tool, true)}, 2},
		"a tool that serves, above the project's":  {[]files.Snapshot{at(2, tool, true), at(3, own, true)}, 2},
		"a tool that serves, below the project's":  {[]files.Snapshot{at(2, own, false), at(3, tool, true)}, 2},
		"a tool that does not":                     {[]files.Snapshot{at(2, tool, false)}, 0},
		"below a process that has not said so yet": {[]files.Snapshot{at(3, tool, true)}, 0},
		"one beside the other":                     {[]files.Snapshot{at(2, own, true), at(4, own, true)}, 0},
	} {
		env := []string{node.OptionsVariable + "=--require /c/node-0123456789abcdef/adapter.cjs"}
		procs := []standby.Process{{PID: 1}, {PID: 2, PPID: 1, Exe: "/bin/node", Argv: []string{"node", own}, Env: env},
			{PID: 3, PPID: 2}, {PID: 4, PPID: 1}}
		if got, ok := mainThread(c.threads, procs); got.PID != c.want || ok != (c.want != 0) {
			t.Errorf("%s: %d, want %d", name, got.PID, c.want)
		}
	}
}

// The adapter of a tool connects only when the tool accepts a connection, and some processes of Node load none.
func TestConnects(t *testing.T) {
	for line, want := range map[string]bool{
		"node server.js": true, "node --import tsx --enable-source-maps src/index.ts": true,
		"node -r ./a.js -- app": true, "my-title": true,
		"node": false, "node --env-file .env": false, "node -e code": false, "node -p 1 x.js": false,
		"node --run start": false, "node --watch server.js": false,
		"node node_modules/.bin/tsc -w": false, "node --no-warnings /p/node_modules/next/dist/bin/next dev": false,
		"npm": false,
	} {
		p := standby.Process{Exe: "/usr/bin/node", Dir: "/p", Argv: strings.Fields(line),
			Env: []string{node.OptionsVariable + "=--require /c/node-0123456789abcdef/adapter.cjs"}}
		if Connects(p) != want {
			t.Errorf("%s: %v", line, !want)
		}
		p.Env = nil
		if Connects(p) {
			t.Errorf("%s: without an adapter", line)
		}
	}
}
