package machine

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// steps gives the machine an event, without the checks of a story, and compares the effects.
func (s *story) steps(ev Event, want ...Effect) {
	s.t.Helper()
	if got := s.m.Step(s.now, ev); !slices.Equal(got, want) {
		s.t.Errorf("%T: %v, want %v", ev, got, want)
	}
}

// What was observed of a generation that is held counts when it drains, and not when it serves again.
func TestDrainOfAHeldOne(t *testing.T) {
	s := onProbation(t, trial)
	s.steps(Observed{Gen: 1, Over: true, Unwatched: true, Err: errNoGood})
	s.now = s.now.Add(trial.Probation)
	s.steps(Tick{}, Drain{Gen: 1}, Quiet{Gen: 1})
	s.steps(Handled{Gen: 1}, Signal{Gen: 1}, Notify{Notice: report.NoticeDrainUnwatched{Gen: 1, Err: errNoGood}})

	s = onProbation(t, trial)
	s.steps(Observed{Gen: 1, Report: report.DrainReport{Connections: 3}})
	if got := s.m.Status().Generations[0].Connections; got != 3 {
		t.Errorf("%d connections", got)
	}
	s.on(Command{Do: Rollback})
	if got := s.m.Status().Generations[0].Connections; got != 0 {
		t.Errorf("it serves again, with %d connections of the drain", got)
	}
}

// Who hurries waits a second for streams. People hear how the drain stood then.
func TestHurry(t *testing.T) {
	s := serving(t, dev).on(Command{Do: Stop, Hurry: true})
	s.steps(Observed{Gen: 1, Report: report.DrainReport{Busy: 1, Streams: 1}})
	s.now = s.now.Add(time.Second)
	s.steps(Tick{}, LeaveStreams{Gen: 1}, Quiet{Gen: 1})
	s.steps(Observed{Gen: 1}) // they have ended
	s.steps(Handled{Gen: 1}, Signal{Gen: 1})
	if n := s.m.Step(s.now, Gone{Gen: 1})[0].(Notify).Notice.(report.NoticeDrained); n.Report.Busy != 1 {
		t.Errorf("%+v", n)
	}
}

// What runs beside the generations ends last; who waits for the end gets the answer then.
func TestWhatRunsBesideEndsLast(t *testing.T) {
	s := serving(t, dev).on(Command{Do: Stop, Token: 7}, Drained{Gen: 1})
	s.steps(BesideEnded{}) // nobody has asked for that
	if got := s.m.Step(s.now, Gone{Gen: 1}); got[len(got)-1] != Effect(EndBeside{}) ||
		s.m.Status().State != report.PhaseStopping {
		t.Errorf("%v, %s", got, s.m.Status().State)
	}
	if got := s.m.Step(s.now, Command{Do: StopNow, Token: 8, Code: 130}); got[0] != Effect(EndBeside{Now: true}) ||
		slices.Contains(got[1:], Effect(EndBeside{})) {
		t.Errorf("%v", got)
	}
	if got := s.m.Step(s.now, BesideEnded{}); len(got) != 3 || got[2] != Effect(Done{Code: 130}) {
		t.Errorf("%v", got)
	}
}
