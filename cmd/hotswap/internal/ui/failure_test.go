package ui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestFailures(t *testing.T) {
	post := report.PostMortem{Reason: "exit 1", Quote: "SyntaxError: no", Place: "a.py:3", Last: []string{"SyntaxError: no"}}
	failed := report.NoticeFailed{Gen: 2, Files: []string{"a.py"}, Why: report.WhyExited, Post: post}
	build := report.NoticeBuildFailed{Files: []string{"a.go"}, Failure: report.BuildFailure{Step: report.Step{Command: "go build", Name: "hotswap.yaml:2"}, Post: post}}
	for name, c := range map[string]struct {
		notices []report.Notice
		want    string // generation and reason; "": none
	}{
		"nothing":                         {nil, ""},
		"a boot":                          {[]report.Notice{failed}, "2 exit 1 before it listened"},
		"a superseded boot":               {[]report.Notice{report.NoticeFailed{Gen: 2, Why: report.WhySuperseded}}, ""},
		"a command":                       {[]report.Notice{build}, "0 go build (hotswap.yaml:2) failed: exit 1"},
		"a crash":                         {[]report.Notice{report.NoticeCrashed{Gen: 1, Post: post}}, "1 exit 1"},
		"a crash loop":                    {[]report.Notice{report.NoticeCrashed{Gen: 1, Post: post, Next: report.Next{Kind: report.NextRestart, Crashes: 5}}}, "1 crash loop: exit 1"},
		"a rollback":                      {[]report.Notice{report.NoticeRolledBack{Gen: 2, To: 1, Post: post}}, "2 exit 1"},
		"a rollback by hand":              {[]report.Notice{report.NoticeRolledBack{Gen: 2, To: 1, ByHand: true}}, ""},
		"a newer one serves":              {[]report.Notice{failed, report.NoticeServing{Gen: 3}}, ""},
		"a newer one runs":                {[]report.Notice{failed, report.NoticeRunning{Gen: 3}}, ""},
		"a newer one finishes":            {[]report.Notice{failed, report.NoticeFinished{Gen: 3}}, ""},
		"the command succeeds by itself":  {[]report.Notice{build, report.NoticeBuilt{Only: true}}, ""},
		"a command is ended":              {[]report.Notice{build, report.NoticeBuilt{Only: true, Ended: true}}, "0 go build (hotswap.yaml:2) failed: exit 1"},
		"a command succeeds, a boot next": {[]report.Notice{build, report.NoticeBuilt{}}, "0 go build (hotswap.yaml:2) failed: exit 1"},
		"a command after a failed boot":   {[]report.Notice{failed, report.NoticeBuilt{Only: true}}, "2 exit 1 before it listened"},
	} {
		var f Failures
		now := time.Unix(1000, 0)
		for _, n := range c.notices {
			f.Note(n, now)
		}
		got := ""
		if last := f.Last(); last != nil {
			got = fmt.Sprint(last.Generation, " ", last.Reason)
			if last.At != now || last.Error != post.Quote || last.Place != post.Place || len(last.Output) != 1 {
				t.Errorf("%s: %+v", name, last)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The line that names the cause is shown, however long the stack behind it is.
func TestFailureBeginsWithItsCause(t *testing.T) {
	stack := slices.Repeat([]string{"    at f (/p/node_modules/express/lib/router.js:1:2)"}, 20)
	for name, c := range map[string]struct {
		output []string
		first  string
	}{
		"a stack behind":  {slices.Concat([]string{"starting", "Error: no db"}, stack), "Error: no db"},
		"a long line":     {slices.Concat([]string{"Error: no db and more"}, stack), "Error: no db and more"},
		"a stack before":  {slices.Concat(stack, []string{"Error: no db"}), stack[0]},
		"nothing told of": {stack, stack[0]},
	} {
		f := &report.FailureStatus{Error: "Error: no db", Output: c.output}
		if name == "a long line" {
			f.Error += "…"
		}
		lines := renderFailure(f, time.Time{})
		if len(lines) != 1+mostOutput || lines[1] != "    "+c.first {
			t.Errorf("%s: %d lines, %q", name, len(lines), lines[1])
		}
	}
	if got := renderFailure(&report.FailureStatus{Output: []string{"a", "b"}}, time.Time{}); len(got) != 3 {
		t.Errorf("%q", got)
	}
}
