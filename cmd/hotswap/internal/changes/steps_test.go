package changes

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// owing is a task that is owed, and counts its changes.
type owing struct{ changes int }

func (o *owing) Owed() bool                        { return true }
func (o *owing) Changed()                          { o.changes++ }
func (*owing) Begin(context.Context) (bool, error) { return true, nil }
func (*owing) End(bool)                            {}

// asked is a supervisor that writes down what a batch asks for.
type asked struct {
	Supervisor
	batch string
}

func (*asked) Current() report.Status { return report.Status{} }
func (a *asked) Batch(c supervisor.Change) {
	a.batch = fmt.Sprint(c.Files, map[bool]string{true: " only"}[c.Only])
	for _, s := range c.Steps {
		a.batch += fmt.Sprint(" ", s.Command, s.Files, map[bool]string{true: " owed"}[s.Owed],
			map[bool]string{true: " alone"}[s.Alone])
	}
	for _, b := range c.Beside {
		a.batch += fmt.Sprint(" beside ", b.Event, b.Files)
	}
}

// What becomes of the commands of a batch the machine's own world of steps says. A task is ended by a change of its
// inputs, not by one of another file or by a reload.
func TestWhatABatchAsksFor(t *testing.T) {
	rules := testkit.Must(rule.New("/project", []rule.Rule{
		{Where: "0", Change: []string{"a/**"}, Run: "zero"}, {Where: "1", Change: []string{"[ab]/x*"}, Run: "one"},
		{Where: "2", Change: []string{"sql/*"}, Run: "task", Once: true, StopFirst: true},
		{Where: "3", Change: []string{"c/*"}, Run: "three", Nothing: true},
		{Where: "4", Change: []string{"**/*.css"}, Browser: rule.BrowserCSS},
		{Where: "5", Change: []string{"d"}, Run: "five", Beside: true}, {Where: "6", Run: "build"},
	}))(t)
	for files, want := range map[string]string{
		"x":         "[x] task[] owed alone build[x]",
		"a/1":       "[a/1] zero[a/1] task[] owed alone build[a/1]",
		"a/x b/x x": "[a/x b/x x] zero[a/x] one[a/x b/x] task[] owed alone build[a/x b/x x]",
		"sql/1":     "[sql/1] task[sql/1] alone build[sql/1]",
		"c/1":       "[c/1] only three[c/1]",
		"c/1 a/1":   "[a/1] zero[a/1] task[] owed alone three[c/1] build[a/1]",
		"a/x.css":   "[a/x.css] only zero[a/x.css] one[a/x.css]",
		"x.css":     "",
		"d":         "[d] task[] owed alone build[d] beside 5[d]",
	} {
		task, s := &owing{}, &asked{}
		NewSteps(rules, func(int) Task { return task }).apply(Engine{Asked: func() bool { return true }, Supervisor: s},
			quiet{}, inProject(strings.Fields(files)...))
		if s.batch != want || task.changes != map[bool]int{true: 1}[files == "sql/1"] {
			t.Errorf("%s: %q, want %q; inputs of the task have changed %d times", files, s.batch, want, task.changes)
		}
	}
	var starts []string
	for _, s := range NewSteps(rules, func(int) Task { return &owing{} }).Starting() {
		starts = append(starts, fmt.Sprint(s.Command, s.Owed))
	}
	if got := strings.Join(starts, " "); got != "tasktrue buildfalse" {
		t.Errorf("before a start that no change caused: %s", got)
	}
}

func inProject(files ...string) (changes []watch.Change) {
	for _, file := range files {
		changes = append(changes, watch.Change{Path: "/project/" + file, Rel: file})
	}
	return changes
}

// quiet is a Reporter that says nothing.
type quiet struct{ Reporter }

func (quiet) Applied(Applied) {}

// said is a supervisor, and notes in which order it and others hear of a batch.
type said struct {
	Supervisor
	heard []string
}

func (s *said) Batch(supervisor.Change) { s.heard = append(s.heard, "batch") }
func (s *said) Current() report.Status  { s.heard = append(s.heard, "current"); return report.Status{} }

// A page that has to reload waits for the generation that the same batch starts: browsers hear of a batch when the
// status says that a generation starts. A signal is for what runs before.
func TestBrowsersHearOfABatchBehindItsStart(t *testing.T) {
	rules := testkit.Must(rule.New("/project", []rule.Rule{
		{Where: "1", Change: []string{"**/*.html"}, Browser: rule.BrowserReload},
		{Where: "2", Change: []string{"conf"}, Signal: syscall.SIGHUP},
	}))(t)
	for want, files := range map[string][]string{
		"signal batch current browser": {"a.ts", "conf", "a.html"},
		"browser":                      {"a.html"},
	} {
		var s said
		NewSteps(rules, nil).apply(Engine{
			Supervisor: &s, Browser: func(rule.Browser, []string) bool {
				s.heard = append(s.heard, "browser")
				return true
			},
			Signal: func(syscall.Signal) int { s.heard = append(s.heard, "signal"); return 1 },
		}, quiet{}, inProject(files...))
		if got := strings.Join(s.heard, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
