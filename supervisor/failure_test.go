package supervisor

import (
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The status says why the newest change does not serve, and hooks hear of it.
func TestFailures(t *testing.T) {
	post := report.PostMortem{Reason: "exit 1", Quote: "SyntaxError: no", Place: "a.py:3",
		Last: []string{"SyntaxError: no"}}
	failed := report.NoticeFailed{Result: report.Result{Gen: 2, Why: report.WhyExited, Post: post,
		Reason: "exit 1 before it listened"}, Origin: report.Origin{Files: make([]string, 99)}}
	build := report.NoticeBuildFailed{Origin: report.Origin{Files: []string{"a.go"}},
		Failure: report.BuildFailure{Step: report.Step{Command: "go build", Name: "hotswap.yaml:2"}, Post: post}}
	for name, c := range map[string]struct {
		notices []report.Notice
		want    string // generation and reason; "": none
	}{
		"nothing": {nil, ""},
		"a boot":  {[]report.Notice{failed}, "2 exit 1 before it listened"},
		"a superseded boot": {[]report.Notice{report.NoticeFailed{Result: report.Result{Gen: 2,
			Why: report.WhySuperseded}}}, ""},
		"a command": {[]report.Notice{build}, "0 go build failed"},
		"a crash":   {[]report.Notice{report.NoticeCrashed{Gen: 1, Post: post}}, "1 exit 1"},
		"a crash loop": {[]report.Notice{report.NoticeCrashed{Gen: 1, Post: post,
			Next: report.Next{Kind: report.NextRestart, Crashes: 5}}}, "1 crash loop: exit 1"},
		"a rollback": {[]report.Notice{report.NoticeRolledBack{Gen: 2, To: 1, Post: post}},
			"2 exit 1"},
		"a rollback by hand": {[]report.Notice{report.NoticeRolledBack{Gen: 2, To: 1, ByHand: true}}, ""},
		"a newer one serves": {[]report.Notice{failed, report.NoticeServing{Gen: 3}}, ""},
		"one from before serves": {[]report.Notice{GenID(1), build, report.NoticeServing{Gen: 1},
			report.NoticeRunning{Gen: 1}}, "0 go build failed"},
		"one from after a command runs": {[]report.Notice{GenID(1), build, GenID(2), report.NoticeRunning{Gen: 2}}, ""},
		"a newer one runs":              {[]report.Notice{failed, report.NoticeRunning{Gen: 3}}, ""},
		"a newer one finishes":          {[]report.Notice{failed, report.NoticeFinished{Gen: 3}}, ""},
		"the releases by itself": {[]report.Notice{build,
			report.NoticeBuilt{Only: true, Steps: []report.Step{build.Failure.Step}}}, ""},
		"another one by itself": {[]report.Notice{build,
			report.NoticeBuilt{Only: true, Steps: []report.Step{{Command: "lint"}}}}, "0 go build failed"},
		"a command is ended": {[]report.Notice{build, report.NoticeBuilt{Only: true, Ended: true}},
			"0 go build failed"},
		"a releases, a boot next": {[]report.Notice{build, report.NoticeBuilt{}}, "0 go build failed"},
		"a command after a failed boot": {[]report.Notice{failed,
			report.NoticeBuilt{Only: true, Steps: make([]report.Step, 1)}}, "2 exit 1 before it listened"},
	} {
		s := New(Config{
			Reason: func(r report.Result) string { return r.Build.Step.Command + " failed" },
			Why:    func(reason, cause string) string { return reason + " · " + cause },
		})
		var heard report.Happening
		for _, n := range c.notices {
			if gen, begins := n.(GenID); begins {
				s.begun = gen
			}
			if what := s.fails(n); what.Why != "" {
				heard = what
			}
		}
		got := ""
		s.publish()
		if last := s.Status().Failure; last != nil {
			got = fmt.Sprint(last.Generation, " ", last.Reason)
			if heard.Gen != last.Generation || heard.Why != last.Reason+` · "SyntaxError: no" at a.py:3` {
				t.Errorf("%s: hooks hear %+v", name, heard)
			}
			if last.At.IsZero() || last.Quote != post.Quote || last.Place != post.Place || len(last.Last) != 1 ||
				len(last.Files) > 20 || len(last.Files)+last.MoreFiles != len(heard.Files) {
				t.Errorf("%s: %+v", name, last)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Whoever asks for the status wakes nobody who waits for a change.
func TestAQuestionIsNoChange(t *testing.T) {
	counted := 0
	th := cold(func(c *Config) {
		c.Count = func(st *report.Status) { counted++; st.Program = &report.ProgramStatus{Keys: 7} }
	})
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		changed := s.Status().Changed
		if st := s.Now(); st.Program.Keys != 7 || s.Current().Program != nil || counted != 1 {
			t.Errorf("%+v, counted %d times", st.Program, counted)
		}
		if wait.Closed(changed) {
			t.Error("a question is a change")
		}
		if !s.SetPaused(true) || s.SetPaused(true) || s.Status().Paused == nil || !wait.Closed(changed) {
			t.Errorf("paused: %+v", s.Status().Paused)
		}
		if !s.SetPaused(false) || s.SetPaused(false) || s.Status().Paused != nil {
			t.Errorf("paused: %+v", s.Status().Paused)
		}
	})
}
