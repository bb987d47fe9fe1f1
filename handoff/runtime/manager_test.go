package runtime

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// fake is a runtime whose generations have this main process, or an error.
type fake struct {
	name string
	err  error
	main bool // its process is the runtime's
}

func (f fake) Name() string { return f.name }

func (f fake) Rules() standby.Rules {
	return standby.Rules{Name: f.name, IsMain: func(string) bool { return f.main }, IsLauncher: func(standby.Process) bool { return false }}
}

func (f fake) Inspect(context.Context, handoff.GenID, func() []int) (standby.Program, []standby.Process, error) {
	return program(f.name), []standby.Process{{PID: 7}}, f.err
}

type program string

func (p program) Runtime() string                              { return string(p) }
func (program) PID() int                                       { return 7 }
func (program) Names([]standby.Process) (words, dirs []string) { return nil, nil }
func (program) Rereads(string) bool                            { return false }

func (p program) Spec(standby.Request) (standby.Spec, error) {
	return standby.Spec{
		Variable: "HOLD_" + string(p), Plan: []byte(p), Bare: true, Files: standby.FileStates{},
		Settings: func() standby.FileStates { return nil },
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
		m := New(scratch.In(t.TempDir()), nil, tt.runtimes...)
		err := m.Inspect(t.Context(), 1, nil, 7, nil)
		if (err == nil) != (tt.why == "") || err != nil && !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%v: %v", tt.runtimes, err)
		}
		l := &handoff.Launch{Gen: 2}
		s, err := m.Prepare(l)
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

// changing is a program of which a test sets what a standby loads and depends on.
type changing struct {
	program
	plan *string
	file string
}

func (c changing) Spec(standby.Request) (standby.Spec, error) {
	spec, err := c.program.Spec(standby.Request{})
	spec.Plan = []byte(*c.plan)
	spec.Files.Take(c.file)
	return spec, err
}

// A standby is made by what is known as long as nothing of that has changed. One that would
// load something else, or has read what has changed, is outdated.
func TestOutdated(t *testing.T) {
	m := New(scratch.In(t.TempDir()), nil)
	if _, err := m.Prepare(&handoff.Launch{}); !errors.Is(err, standby.ErrOutdated) {
		t.Fatalf("nothing is known: %v", err)
	}
	plan, file := "a", filepath.Join(t.TempDir(), "package.json")
	put := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("1")
	p := changing{program("x"), &plan, file}
	use := func() *standby.Standby {
		t.Helper()
		if err := m.Use(nil, p, standby.Process{}); err != nil {
			t.Fatal(err)
		}
		s, err := m.Prepare(&handoff.Launch{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := use()
	if err := m.Outdated(s); err != nil {
		t.Errorf("nothing has changed: %v", err)
	}
	plan = "b"
	if err := m.Outdated(s); err == nil || !strings.Contains(err.Error(), "loads something else") {
		t.Errorf("it loads something else: %v", err)
	}
	s = use()
	put("22")
	if err := m.Outdated(s); err == nil || !strings.Contains(err.Error(), "package.json has changed") {
		t.Errorf("a file has changed: %v", err)
	}
	if _, err := m.Prepare(&handoff.Launch{}); !errors.Is(err, standby.ErrOutdated) || !strings.Contains(err.Error(), "package.json") {
		t.Errorf("a file has changed: %v", err)
	}
	if _, err := m.Prepare(&handoff.Launch{Argv: []string{"another"}}); !errors.Is(err, standby.ErrOutdated) {
		t.Errorf("another command: %v", err)
	}
	s = use()
	p.file = filepath.Join(filepath.Dir(file), "more.json")
	if err := m.Use(nil, p, standby.Process{}); err != nil || m.Outdated(s) == nil {
		t.Errorf("it depends on more files: %v", err)
	}
}

// changed is a runtime of which a test sets the program.
type changed struct {
	fake
	program *changing
}

func (c changed) Inspect(context.Context, handoff.GenID, func() []int) (standby.Program, []standby.Process, error) {
	return *c.program, []standby.Process{{PID: 7}}, nil
}

// A generation that was a standby has loaded its packages in the standby's order. That makes
// the next standby no other one; the order of a generation that was none does.
func TestOrderOfAStandbyDoesNotCount(t *testing.T) {
	file := filepath.Join(t.TempDir(), "package.json")
	plans := []string{"2\x00a\x00b\x00", "2\x00b\x00a\x00", "2\x00a\x00c\x00"}
	p := &changing{program("x"), &plans[0], file}
	m := New(scratch.In(t.TempDir()), nil, changed{fake{"x", nil, true}, p})
	inspect := func(gen handoff.GenID, plan *string) {
		t.Helper()
		p.plan = plan
		if err := m.Inspect(t.Context(), gen, nil, 7, nil); err != nil {
			t.Fatal(err)
		}
	}
	inspect(1, &plans[0])
	for gen := handoff.GenID(2); gen < 6; gen++ {
		s, err := m.Prepare(&handoff.Launch{Gen: gen})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		inspect(gen, &plans[1])
		if err := m.Outdated(s); err != nil {
			t.Errorf("generation %d: the standby's own order: %v", gen, err)
		}
		inspect(gen+1, &plans[2])
		if m.Outdated(s) == nil {
			t.Errorf("generation %d: it loads something else", gen)
		}
		inspect(gen+1, &plans[0])
		if err := m.Outdated(s); err != nil {
			t.Errorf("generation %d: it loads the same again: %v", gen, err)
		}
		inspect(gen+1, &plans[1])
		if m.Outdated(s) == nil {
			t.Errorf("generation %d: the order of a cold start counts", gen)
		}
		inspect(gen+1, &plans[0])
	}
}
