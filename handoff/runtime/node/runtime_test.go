//go:build unix

package node

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	runtimes "github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// manager prepares standbys of one runtime.
type manager struct {
	*runtimes.Manager
	runtime *Runtime
}

func newManager(t *testing.T) manager {
	return manager{runtimes.New(scratch.In(t.TempDir()), nil), NewRuntime(nil, true)}
}

// held makes a standby whose process the test plays.
func held(t *testing.T, m manager, gen handoff.GenID) (*standby.Standby, string, func(lines ...string)) {
	t.Helper()
	f := example()
	main := standby.Process{Exe: f.exe, Dir: t.TempDir(), Env: []string{optionsVar + "=" + strings.Join(f.options, " ")}}
	if err := m.Use(nil, m.runtime.Program(1, f.thread), main); err != nil {
		t.Fatal(err)
	}
	l := &handoff.Launch{Gen: gen, Env: []string{"A=1", HoldVariable + "=/above"}}
	s, err := m.Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	dir, ok := strings.CutPrefix(l.Env[1], HoldVariable+"=")
	if !ok || len(l.Env) != 2 {
		t.Fatalf("environment %q", l.Env)
	}
	if _, err := os.Stat(filepath.Join(dir, "plan.json")); err != nil {
		t.Fatal(err)
	}
	return s, dir, func(lines ...string) {
		t.Helper()
		up, err := os.OpenFile(filepath.Join(dir, "up"), os.O_WRONLY, 0)
		if err == nil {
			_, err = up.WriteString(strings.Join(lines, "\n") + "\n")
			up.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestStandbyWaits(t *testing.T) {
	w := newManager(t)
	s, dir, say := held(t, w, 2)
	if err := s.Validate(); err != nil || s.Proven() {
		t.Errorf("nothing is loaded yet: %v, proven %v", err, s.Proven())
	}
	say(`{"type":"held","pid":1}`, `{"type":"read","file":"/nowhere"}`, `{"type":"ready"}`)
	if err := errors.Join(s.Ready(t.Context()), s.Validate()); err != nil || !s.Proven() {
		t.Fatal(err)
	}
	down, err := os.OpenFile(filepath.Join(dir, "down"), os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer down.Close()
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := down.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go")); err != nil {
		t.Error(err)
	}
	if len(w.runtime.warm[2].Load) != 3 {
		t.Errorf("of generation 2 is known: %+v", w.runtime.warm)
	}
	_ = s.Close()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
}

func TestStandbyTeaches(t *testing.T) {
	w := newManager(t)
	s, _, say := held(t, w, 2)
	say(`{"type":"held"}`, `{"type":"noticed","package":"hono","by":"hono","what":"leaves a timer"}`, `{"type":"ready"}`)
	if err := s.Ready(t.Context()); !errors.Is(err, standby.ErrAgain) || !strings.Contains(err.Error(), "hono leaves a timer") {
		t.Errorf("%v", err)
	}
	s, dir, say := held(t, w, 2)
	if len(loads(t, dir)) != 2 {
		t.Errorf("the next one loads %+v", loads(t, dir))
	}
	say(`{"type":"replaced","what":["console.log","fs.open"]}`, `{"type":"ready"}`)
	if err := s.Ready(t.Context()); !errors.Is(err, standby.ErrAgain) || !strings.Contains(err.Error(), "console.log, fs.open") {
		t.Errorf("%v", err)
	}
	s, dir, say = held(t, w, 2)
	if len(loads(t, dir)) != 0 {
		t.Errorf("the next one loads %+v", loads(t, dir))
	}
	say(`{"type":"ready"}`)
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStandbyIsOfNoUse(t *testing.T) {
	w := newManager(t)
	s, _, say := held(t, w, 2)
	say(`{"type":"foreign","what":"/p/build.js"}`)
	if err := s.Ready(t.Context()); err == nil || errors.Is(err, standby.ErrAgain) || !strings.Contains(err.Error(), "/p/build.js would run before") {
		t.Errorf("%v", err)
	}
}

// Where two processes cannot listen at one port the standby would take its
// debugger's from the generation that comes instead, or find it taken.
func TestDebuggersPortHasToBeSteered(t *testing.T) {
	thread := example().thread
	thread.ExecArgv = []string{"--inspect=9230"}
	main := standby.Process{Dir: t.TempDir(), Argv: []string{"node", "--inspect=9230", "server.js"}}
	if err := newManager(t).Use(nil, NewRuntime(nil, true).Program(1, thread), main); err != nil {
		t.Error(err)
	}
	if err := newManager(t).Use(nil, NewRuntime(nil, false).Program(1, thread), main); err == nil {
		t.Error("two listen at one port")
	}
}

// loads is what the standby of a folder is to load.
func loads(t *testing.T, dir string) []item {
	t.Helper()
	var p plan
	b, err := os.ReadFile(filepath.Join(dir, "plan.json"))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.Load
}
