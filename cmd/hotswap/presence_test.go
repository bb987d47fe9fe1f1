package main

import (
	"os"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// A hotswap below another marks its own program, and does not take the other's
// control socket for its own.
func TestHotswapBelowAnother(t *testing.T) {
	t.Setenv(runEnv, "")
	if !slices.Equal(controlVars(), []string{controlEnv}) {
		t.Error("the variable says nothing")
	}
	t.Setenv(runEnv, "0123456789abcdef")
	if len(controlVars()) != 0 {
		t.Error("the other's socket would be taken")
	}
	env := []string{"A=1", runEnv + "=0123456789abcdef", controlEnv + "=/other"}
	for path, want := range map[string][]string{
		"":      {"A=1", runEnv + "=fedcba9876543210"},
		"/mine": {"A=1", runEnv + "=fedcba9876543210", controlEnv + "=/mine"},
	} {
		p := &presence{run: "fedcba9876543210", path: path}
		if got := p.environ(env); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if got := markerIn(p.environ(env)); got != runEnv+"=fedcba9876543210" {
			t.Errorf("the marker is %q", got)
		}
	}
}

// Whatever process a killed hotswap would leave is written down: a standby's, too.
func TestRecordHasTheStandby(t *testing.T) {
	got := generations(supervisor.Status{
		Generations: []supervisor.GenerationStatus{{ID: 1, PID: os.Getpid()}, {ID: 2}},
		Standby:     &supervisor.StandbyStatus{Generation: 3, PID: os.Getppid()},
	})
	if len(got) != 2 || got[0].PID != os.Getpid() || got[1].ID != 3 || got[1].PID != os.Getppid() {
		t.Errorf("%+v", got)
	}
}
