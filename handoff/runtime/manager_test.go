package runtime

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// fake is a runtime whose generations have this main process, or an error.
type fake struct {
	name string
	err  error
	main bool // its process is the runtime's
}

func (f fake) Rules() standby.Rules {
	return standby.Rules{Name: f.name, IsMain: func(string) bool { return f.main },
		IsLauncher: func(standby.Process) bool { return false }}
}

func (f fake) Inspect(context.Context, handoff.GenID, func() []int) (standby.Program, []standby.Process, error) {
	return program(f.name), []standby.Process{{PID: 7}}, f.err
}

type program string

func (program) PID() int                                       { return 7 }
func (p program) Key() string                                  { return string(p) }
func (program) Names([]standby.Process) (words, dirs []string) { return nil, nil }
func (program) Rereads(string) bool                            { return false }

func (p program) Spec(q standby.Request) (standby.Spec, error) {
	return standby.Spec{
		Variable: "HOLD_" + string(p), Plan: []byte(p), Files: standby.FileStates{},
		Settings: func() standby.FileStates { return nil }, Choice: q.Known.Choose(nil, q.Question),
	}, nil
}

func TestInspectChoosesTheRuntime(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		runtimes []Runtime
		why      string // "": there may be a standby
	}{
		{[]Runtime{fake{"a", standby.ErrNoProcess, true}, fake{"b", nil, true}}, ""},
		{[]Runtime{fake{"a", broken, true}, fake{"b", standby.ErrNoProcess, true}}, "broken"},
		{[]Runtime{fake{"a", standby.ErrNoProcess, true}, fake{"b", broken, true}}, "broken"},
		{[]Runtime{fake{"a", standby.ErrNoProcess, true}}, standby.ErrNoProcess.Error()},
		{[]Runtime{fake{"a", nil, false}}, "is not a"},
	} {
		m := New(scratch.In(t.TempDir()), "", tt.runtimes...)
		_, err := m.Inspect(t.Context(), handoff.Launch{Gen: 1}, 7, nil)
		if (err == nil) != (tt.why == "") || err != nil && !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%v: %v", tt.runtimes, err)
		}
		l := &handoff.Launch{Gen: 2}
		s, err := m.Prepare(l, false)
		if (err == nil) != (tt.why == "") {
			t.Errorf("%v: a standby: %v", tt.runtimes, err)
		}
		if err != nil {
			continue
		}
		dir, ok := strings.CutPrefix(l.Env[0], "HOLD_b=")
		if plan, err := os.ReadFile(dir + "/plan"); !ok || err != nil || string(plan) != "b" {
			t.Errorf("%q has the plan %q, %v", l.Env, plan, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// changing is a program of which a test sets what it depends on, and its packages.
type changing struct {
	program
	file     string
	packages *[]standby.Package
}

func (c changing) Spec(q standby.Request) (standby.Spec, error) {
	spec, err := c.program.Spec(q)
	spec.Files.Take(c.file)
	spec.Choice = q.Known.Choose(*c.packages, q.Question)
	return spec, err
}

// A standby is made by what is known as long as nothing of that has changed.
func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	m := New(scratch.In(dir), "")
	if _, err := m.Prepare(&handoff.Launch{}, false); !isUnknown(err) {
		t.Fatalf("nothing is known: %v", err)
	}
	file := filepath.Join(dir, "package.json")
	put := func(text string) {
		testkit.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	put("1")
	p := changing{program("x"), file, &[]standby.Package{}}
	use := func() {
		t.Helper()
		testkit.Must(m.Use(nil, p, standby.Process{}))(t)
	}
	use()
	s := testkit.Must(m.Prepare(&handoff.Launch{}, false))(t)
	defer s.Close()
	put("22")
	if _, err := m.Prepare(&handoff.Launch{}, false); !isUnknown(err) ||
		!strings.Contains(err.Error(), "package.json") || s.Validate() == nil {
		t.Errorf("a file has changed: %v; the standby: %v", err, s.Validate())
	}
}

// Rehearsals are wanted as long as something is unknown. What they have shown holds for the next
// manager, and for the same program only.
func TestRehearse(t *testing.T) {
	dir, memory := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "a.js")
	testkit.NoError(t, os.WriteFile(file, nil, 0o600))
	long := time.Now().Add(-time.Hour)
	_ = os.Chtimes(file, long, long)
	p := changing{program("x"), file, &[]standby.Package{{Name: "a", Files: []string{file}}}}
	use := func(command ...string) (*Manager, bool) {
		t.Helper()
		m := New(scratch.In(dir), memory)
		learn := testkit.Must(m.Use(command, p, standby.Process{}))(t)
		return m, learn
	}
	m, learn := use("run")
	if !learn {
		t.Fatal("nothing is unknown")
	}
	l := &handoff.Launch{Argv: []string{"run"}}
	r := testkit.Must(m.Prepare(l, true))(t)
	up := testkit.Must(os.OpenFile(strings.TrimPrefix(l.Env[0], "HOLD_x=")+"/up", os.O_WRONLY, 0))(t)
	_, _ = up.WriteString(`{"type":"ready"}` + "\n")
	if err := errors.Join(r.Ready(t.Context()), up.Close(), r.Close()); err != nil || r.Learn(nil) {
		t.Errorf("%v, or another rehearsal is wanted", err)
	}
	if _, err := m.Prepare(l, true); !isUnknown(err) {
		t.Errorf("nothing is unknown: %v", err)
	}
	if _, learn := use("run"); learn {
		t.Error("the next manager rehearses again")
	}
	if _, learn := use("run", "another"); !learn {
		t.Error("another command has no other knowledge")
	}
	was := self
	self = func() string { return "another hotswap" }
	if _, learn := use("run"); !learn {
		t.Error("another hotswap has no other knowledge")
	}
	self = was
	p.program = "y"
	if _, learn := use("run"); !learn {
		t.Error("another runtime has no other knowledge")
	}
}
