package machine

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// built is a build that is over.
func (s *story) built(id int, code int) *story {
	s.t.Helper()
	ev := build.Ended{Build: id}
	if code != 0 {
		ev.Failure = &report.BuildFailure{Exit: report.Exit{Code: code}, Step: makes[0]}
	}
	return s.on(ev)
}

func TestProgramThatFinishesDuringABuild(t *testing.T) {
	s := newStory(t, trial).everything().on(Request{Cause: report.CauseFirst}).built(1,
		0).boot(1).on(Request{Cause: report.CauseChange, Files: []string{"a"}}).quiet().
		end(1, report.Exit{}).phase(report.PhaseStarting).built(2, 1).phase(report.PhaseWaiting).want(`
		0.000 1 ended: exit 0, 0 left
			! 1 finished; start
		0.000 build 2 fails: exit 1
			! build 2 failed: exit 1 after 0s; wait
	`)
	if n := s.m.Status().FailedSwaps; n != 1 {
		t.Errorf("%d failed swaps", n)
	}
}

// What runs beside may have a command run before the first generation is due.
func TestFirstStartDuringACommand(t *testing.T) {
	newStory(t, trial).on(Request{Cause: report.CauseChange, Only: true, Steps: makes},
		Request{Cause: report.CauseFirst}).quiet().built(1, 0).want(`
		0.000 build 1 succeeds
			report.NoticeBuilt{Build:1 Took:0s Steps:[] Only:false Ended:true}
			start 1 change
	`)
}

// A rollback while steps run does not forget them: they come before the next start.
func TestStepsAfterARollback(t *testing.T) {
	generate := []report.Step{{Order: 1, Command: "generate"}}
	newStory(t, trial).on(Request{Cause: report.CauseFirst}).boot(1, portA).
		on(Request{Cause: report.CauseChange, Files: []string{"a"}}).boot(2, portA).
		on(Request{Cause: report.CauseChange, Files: []string{"b"}, Steps: generate}, Command{Do: Rollback},
			build.Ended{Build: 1}).quiet().
		on(Request{Cause: report.CauseChange, Files: []string{"c"}}).want(`
		0.000 batch c
			! build 2 begins for change c
			build 2 generate
	`)
}
