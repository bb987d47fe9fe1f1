package machine

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// running is a story in which generation 1 runs since a second, and listens on
// nothing, as is known of its program.
func running(t *testing.T, p Policy) *story {
	t.Helper()
	p.Portless = true
	return newStory(t, p).on(begin, Started{Gen: 1, PID: 101}).after(time.Second)
}

// A program that is known to listen nowhere, and has lived for a second, runs. The next one starts when it has ended,
// because it may have to be alone, and who asked for that one is answered when it runs.
func TestStoryWorker(t *testing.T) {
	s := running(t, dev).phase(report.PhaseRunning).after(time.Second)
	s.on(Request{Cause: report.CauseCommand, Token: 7}, Drained{Gen: 1}).after(100*time.Millisecond).end(1,
		report.Exit{Signal: 15})
	s.on(Started{Gen: 2, PID: 102}).after(time.Second).want(`
		0.000 begin
			start 1 first
		0.000 1 started
			arm 1 lived 1s
		1.000 1 expired lived
			! 1 runs for first
		2.000 command reload
			drain 1 unrelieved
		2.000 1 drained
			signal 1
		2.100 1 gone
			! 1 drained in 100ms, busy false, killed false
			start 2 command
		2.100 2 started
			arm 2 lived 1s
		3.100 2 expired lived
			! 2 runs for command
			reply 7: runs 2
	`).phase(report.PhaseRunning)
	if st := s.m.Status(); st.Generation != 0 || st.Swaps != 0 || st.Generations[0].State != report.PhaseRunning {
		t.Errorf("%+v", st)
	}
}

// The start after a worker names what has changed since the worker runs, not what the worker
// was begun for.
func TestStoryWorkerBegunForItsOwnChanges(t *testing.T) {
	s := running(t, dev).on(save("a"), Drained{Gen: 1}).end(1, report.Exit{Signal: 15}).on(
		Started{Gen: 2, PID: 102}).after(time.Second)
	s.on(save("b"), Drained{Gen: 2}).end(2, report.Exit{Signal: 15}).on(Started{Gen: 3, PID: 103})
	if files := s.m.starting().For.Files; !slices.Equal(files, []string{"b"}) {
		t.Errorf("begun for %q", files)
	}
	s.on(save("c"), Drained{Gen: 3}).end(3, report.Exit{Signal: 15}).on(Started{Gen: 4, PID: 104})
	if files := s.m.starting().For.Files; !slices.Equal(files, []string{"b", "c"}) {
		t.Errorf("after a start that nobody heard of: begun for %q", files)
	}
}

// One that has run for longer than a boot takes has crashed like any other program.
func TestStoryWorkerCrashes(t *testing.T) {
	running(t, dev).after(2*time.Hour).end(1, crash).phase(report.PhaseStarting)
}

// Of a program of which nothing is known, nobody says that it runs before a boot should be over: it may wait for its
// database. Of a server nobody ever does.
func TestStoryNobodyKnowsWhetherItListens(t *testing.T) {
	s := newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}).after(59 * time.Second).phase(report.PhaseStarting)
	s.after(time.Second).phase(report.PhaseRunning)
	s.on(save("a"), Drained{Gen: 1}).end(1, report.Exit{Signal: 15})
	s.on(Started{Gen: 2, PID: 102}).after(time.Second).phase(report.PhaseRunning)
	for _, server := range []Policy{{Server: true}, {Listens: true}} {
		newStory(t, server).on(begin, Started{Gen: 1, PID: 101}).after(time.Hour).phase(report.PhaseStarting)
	}
}
