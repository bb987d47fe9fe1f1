package changes

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
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
	rules := testkit.Must(rule.New("/p", []rule.Rule{{Change: []string{"drizzle/**"}, Run: "migrate", Once: true}, {Run: "build"}}))(t)
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

// said is a supervisor, and notes in which order it and others hear of a batch.
type said struct {
	Supervisor
	heard []string
}

func (s *said) Batch(supervisor.Change) { s.heard = append(s.heard, "batch") }
func (s *said) Current() report.Status  { s.heard = append(s.heard, "current"); return report.Status{} }

// A page that has to reload waits for the generation that the same batch starts: browsers hear of a batch when the status
// says that a generation starts. A signal is for what runs before.
func TestBrowsersHearOfABatchBehindItsStart(t *testing.T) {
	rules := testkit.Must(rule.New("/project", []rule.Rule{
		{Where: "1", Change: []string{"**/*.html"}, Browser: rule.BrowserReload}, {Where: "2", Change: []string{"conf"}, Signal: syscall.SIGHUP},
	}))(t)
	for want, files := range map[string][]string{
		"signal batch current browser": {"a.ts", "conf", "a.html"},
		"browser":                      {"a.html"},
	} {
		var s said
		NewSteps(rules, nil).apply(t.Context(), Engine{
			Supervisor: &s, Browser: func(rule.Browser, []string) bool { s.heard = append(s.heard, "browser"); return true },
			Signal: func(context.Context, syscall.Signal) int { s.heard = append(s.heard, "signal"); return 1 },
		}, quiet{}, inProject(files...))
		if got := strings.Join(s.heard, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
