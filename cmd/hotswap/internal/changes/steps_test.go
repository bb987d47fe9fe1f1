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
	for name, c := range map[string]struct {
		steps []report.Step
		owed  bool
	}{
		"another file": {s.of(rules.Decide([]string{"/p/src/a.ts"}), false), true},
		"an input":     {s.of(rules.Decide([]string{"/p/src/a.ts", "/p/drizzle/1.sql"}), false), false},
		"the file":     {s.of(rules.Decide(nil), true), true},
		"a reload":     {s.Starting(), true},
	} {
		if len(c.steps) != 2 || c.steps[0].Owed != c.owed || c.steps[1].Owed {
			t.Errorf("%s: %+v", name, c.steps)
		}
	}
}

// Each rule has a task of its own, also beside one with the same command. A step whose rule has gone has none.
func TestTaskIsThatOfItsRule(t *testing.T) {
	type numbered struct {
		owing
		i int
	}
	steps := func(globs ...string) *Steps {
		var all []rule.Rule
		for _, glob := range globs {
			all = append(all, rule.Rule{Change: []string{glob}, Run: "migrate", Once: true})
		}
		rules, err := rule.New("/p", all)
		if err != nil {
			t.Fatal(err)
		}
		return NewSteps(rules, func(i int) Task { return numbered{i: i} })
	}
	s := steps("a/**", "b/**")
	for i, step := range s.all {
		if got := s.Task(step); got != (numbered{i: i}) {
			t.Errorf("step %d has task %v", i, got)
		}
	}
	if got := steps("b/**").Task(s.all[1]); got != (numbered{}) { // another place in a newer file
		t.Errorf("task %v", got)
	}
	if got := steps().Task(s.all[1]); got != nil {
		t.Errorf("task %v of a rule that has gone", got)
	}
}
