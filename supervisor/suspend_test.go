package supervisor

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A pause that was stopped takes as long as it would have, and what status says of
// the time is true.
func TestTimersGoOnAfterSleep(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		for range 2 { // the second restart has a pause
			th.crash(s)
		}
		time.Sleep(100 * time.Millisecond)
		s.Suspend()
		time.Sleep(time.Hour)
		if st := s.Current(); st.State != report.PhaseRestarting {
			t.Errorf("hotswap is suspended, and %s", st.State)
		}
		s.Resume()
		time.Sleep(149 * time.Millisecond)
		if st := s.Current(); st.State != report.PhaseRestarting {
			t.Errorf("the pause was cut short: %s", st.State)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		st := s.Current()
		if st.State != report.PhaseServing {
			t.Errorf("after the pause: %s", st.State)
		}
		if began := st.Generations[0].Started; !began.Equal(time.Now()) {
			t.Errorf("it began at %v, and it is %v", began, time.Now())
		}
	})
}

// crash ends the program that serves.
func (th *theatre) crash(s *Supervisor) {
	pid := s.Current().Generations[0].PID
	th.mu.Lock()
	i := slices.IndexFunc(th.actors, func(a *actor) bool { return a.pid == pid })
	a := th.actors[i]
	th.mu.Unlock()
	a.end(report.Exit{Code: 1})
	synctest.Wait()
}
