package runtime

import (
	"context"
	"errors"
	"os"
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
		err := m.Inspect(t.Context(), 1, 7, nil)
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
