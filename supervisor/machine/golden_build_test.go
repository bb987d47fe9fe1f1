package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var building = Policy{Watching: true, Probation: 2 * time.Second}

// built is a build that is over.
func (s *story) built(id int, code int) *story {
	s.t.Helper()
	ev := build.Ended{Build: id}
	if code != 0 {
		ev.Failure = &report.BuildFailure{Exit: report.Exit{Code: code}, Step: makes[0]}
	}
	return s.on(ev)
}

// built is a story in which generation 1 was built and serves, its probation over.
func built(t *testing.T, p Policy) *story {
	t.Helper()
	return newStory(t, p).everything().on(Request{Cause: report.CauseFirst}).built(1, 0).boot(1, portA).after(3 * time.Second).quiet()
}

func TestBuildGoesBeforeTheFirstStart(t *testing.T) {
	s := newStory(t, building).everything().on(Request{Cause: report.CauseFirst}).phase(report.PhaseStarting).after(time.Second).built(1, 0).boot(1, portA).want(`
		0.000 begin
			! build 1 begins for first
			build 1
		1.000 build 1 succeeds
			! build 1 is over after 1s, ended false
			start 1 first
		1.000 1 started
			arm 1 lived 1s
		1.000 1 listens 127.0.0.1:4000
			cutover 1
			! 1 serves [4000] for first after 0s by listen, replaces 0, unserved []
	`)
	if got := s.m.gens[0].For.Took; got != time.Second {
		t.Errorf("its build took %v", got)
	}
}

func TestBuildThatFailsChangesNothing(t *testing.T) {
	s := built(t, building).on(Request{Cause: report.CauseCommand, Token: 9}).after(time.Second).built(2, 2).phase(report.PhaseServing).want(`
		3.000 command reload
			! build 2 begins for command
			build 2
		4.000 build 2 fails: exit 2
			! build 2 failed: exit 2 after 1s; keeps 0s 1
			reply 9: failed 0
	`)
	if st := s.m.Status(); st.FailedSwaps != 1 || st.Build != nil {
		t.Errorf("%+v", st)
	}
}

func TestStopWaitsForABuildToEnd(t *testing.T) {
	built(t, building).on(Request{Cause: report.CauseCommand, Token: 8}).quiet().
		on(Command{Do: Stop, Token: 9}).end(1, report.Exit{}).on(Command{Do: StopNow, Code: 130}).built(2, 1).want(`
		3.000 command stop
			reply 8: stopping 0
			stop build 2, now false
			drain 1 unrelieved
			! stopping, 1 alive, now false
		3.000 1 gone
			! 1 drained in 0s, busy true, killed false
		3.000 command stop-now
			stop build 2, now true
			! stopping, 0 alive, now true
		3.000 build 2 fails: exit 1
			! build 2 is over after 0s, ended true
			reply 9: stopped 0
			done 130
	`)
}

func TestProgramThatFinishesDuringABuild(t *testing.T) {
	newStory(t, building).everything().on(Request{Cause: report.CauseFirst}).built(1, 0).boot(1).on(Request{Cause: report.CauseChange, Files: []string{"a"}}).quiet().
		end(1, report.Exit{}).phase(report.PhaseStarting).built(2, 1).phase(report.PhaseWaiting).want(`
		0.000 1 ended: exit 0, 0 left
			! 1 finished; start
		0.000 build 2 fails: exit 1
			! build 2 failed: exit 1 after 0s; wait
	`)
}

// A rollback while steps run does not forget them: they come before the next start.
func TestStepsAfterARollback(t *testing.T) {
	generate := []report.Step{{Order: 1, Command: "generate"}}
	newStory(t, Policy{Watching: true, Probation: 2 * time.Second}).on(Request{Cause: report.CauseFirst}).boot(1, portA).
		on(Request{Cause: report.CauseChange, Files: []string{"a"}}).boot(2, portA).
		on(Request{Cause: report.CauseChange, Files: []string{"b"}, Steps: generate}, Command{Do: Rollback}, build.Ended{Build: 1}).quiet().
		on(Request{Cause: report.CauseChange, Files: []string{"c"}}).want(`
		0.000 batch c
			! build 2 begins for change c
			build 2 generate
	`)
}
