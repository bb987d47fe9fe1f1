package build

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func commands(steps []report.Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.Command)
	}
	return out
}

func TestStepsMergeInOrder(t *testing.T) {
	a := []report.Step{{Order: 1, Command: "b"}, {Order: 4, Command: "e"}}
	b := []report.Step{{Order: 0, Command: "a"}, {Order: 1, Command: "b"}, {Order: 1, Command: "other"},
		{Order: 2, Command: "c"}}
	if got := commands(mergeSteps(a, b)); !slices.Equal(got, []string{"a", "b", "other", "c", "e"}) {
		t.Error(got)
	}
	if got := commands(stepsWithout(b, a)); !slices.Equal(got, []string{"a", "other", "c"}) {
		t.Error(got)
	}
}

func TestFilesOfSteps(t *testing.T) {
	step := func(command string, files ...string) report.Step { return report.Step{Command: command, Files: files} }
	long := []string{strings.Repeat("a", 40<<10), strings.Repeat("b", 40<<10)}
	for name, c := range map[string]struct {
		a, b report.Step
		want []string
	}{
		"both":         {step("x", "b", "a"), step("x", "c", "b"), []string{"a", "b", "c"}},
		"not known":    {step("x"), step("x", "c"), nil},
		"nor newly":    {step("x", "c"), step("x"), nil},
		"too long":     {step("x", long[0]), step("x", long[1]), nil},
		"another step": {step("y", "a"), step("x", "c"), []string{"c"}},
		"none of both": {step("x", []string{}...), step("x", []string{}...), []string{}},
	} {
		got := mergeSteps([]report.Step{c.a}, []report.Step{c.b})
		if last := got[len(got)-1]; !slices.Equal(last.Files, c.want) || (last.Files == nil) != (c.want == nil) {
			t.Errorf("%s: %q, want %q", name, last.Files, c.want)
		}
	}
}

// A step that fails as it is asked for again runs for the files of both.
func TestStepFailsAsItIsAskedForAgain(t *testing.T) {
	m := New(new(sum.Effects))
	step := func(file string) report.Step { return report.Step{Command: "x", Files: []string{file}} }
	var now time.Time
	m.Request(Request{Steps: []report.Step{step("a")}}, now)
	m.Request(Request{Steps: []report.Step{step("b")}}, now)
	m.End(Ended{Build: 1, Failure: &report.BuildFailure{Step: step("a")}}, now)
	if got := m.build.steps[0].Files; !slices.Equal(got, []string{"a", "b"}) {
		t.Error(got)
	}
}

func TestRequestsMerge(t *testing.T) {
	w := Request{Origin: report.Origin{Cause: report.CauseCrash}}
	w.Merge(Request{Origin: report.Origin{Cause: report.CauseChange, Files: []string{"a", "b"}},
		Tokens: []report.Token{1}})
	w.Merge(Request{Origin: report.Origin{Cause: report.CauseCrash}})
	w.Merge(Request{Origin: report.Origin{Cause: report.CauseChange, Files: []string{"b", "c"}},
		Tokens: []report.Token{2}})
	if w.Cause != report.CauseChange || !slices.Equal(w.Files, []string{"a", "b", "c"}) ||
		!slices.Equal(w.Tokens, []report.Token{1, 2}) {
		t.Errorf("merged to %+v", w)
	}
}
