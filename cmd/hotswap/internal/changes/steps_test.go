package changes

import (
	"context"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// owing is a task that is owed.
type owing struct{}

func (owing) Owed() bool                          { return true }
func (owing) Changed()                            {}
func (owing) Begin(context.Context) (bool, error) { return true, nil }
func (owing) End(bool)                            {}

// A task that runs is ended by a change of its inputs, not by one of another file or by a reload.
func TestOnlyItsInputsConcernATask(t *testing.T) {
	rules, err := rule.New("/p", []rule.Rule{{Change: []string{"drizzle/**"}, Run: "migrate", Once: true}, {Run: "build"}})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSteps(rules, func(int) Task { return owing{} })
	of := func(files ...string) []report.Step {
		plan := rules.Decide(files)
		return s.of(plan, plan.Steps)
	}
	for name, c := range map[string]struct {
		steps []report.Step
		owed  bool
	}{
		"another file": {of("/p/src/a.ts"), true},
		"an input":     {of("/p/src/a.ts", "/p/drizzle/1.sql"), false},
		"a reload":     {s.Starting(), true},
	} {
		if len(c.steps) != 2 || c.steps[0].Owed != c.owed || c.steps[1].Owed {
			t.Errorf("%s: %+v", name, c.steps)
		}
	}
}
