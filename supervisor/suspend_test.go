package supervisor

import (
	"errors"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// sleeper is a process that notes its signals.
type sleeper struct {
	mu   sync.Mutex
	got  []syscall.Signal
	gone chan struct{}
	ends chan report.Exit
}

func (s *sleeper) note(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, sig)
	if sig == syscall.SIGKILL {
		s.ends <- report.Exit{Signal: sig}
		close(s.gone)
	}
}

func (s *sleeper) Start(proc.Spec) (run.Process, error) { return s, nil }
func (*sleeper) PID() int                               { return 1234 }
func (*sleeper) Listener() (int, error)                 { return -1, errors.ErrUnsupported }
func (*sleeper) Tree() []int                            { return nil }
func (s *sleeper) Signal(sig syscall.Signal) error      { s.note(sig); return nil }
func (s *sleeper) Kill() error                          { s.note(syscall.SIGKILL); return nil }
func (s *sleeper) Release() error                       { return nil }
func (s *sleeper) SignalServers(syscall.Signal) error   { return nil }
func (s *sleeper) Exited() <-chan report.Exit           { return s.ends }
func (s *sleeper) Gone() <-chan struct{}                { return s.gone }

// While hotswap is suspended no timer runs, however long that is.
func TestSuspendStopsTheTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &sleeper{gone: make(chan struct{}), ends: make(chan report.Exit, 1)}
		late := make(chan time.Time, 1)
		s := New(Config{
			Command: []string{"sleeper"}, Registry: reuseport.NewRegistry(nil), Runner: p, Policy: Policy{ReadyTimeout: time.Minute},
			Notify: func(n report.Notice) {
				if _, ok := n.(report.NoticeNotListening); ok {
					late <- time.Now()
				}
			},
		})
		ended := make(chan struct{})
		go func() { s.Run(t.Context()); close(ended) }()
		time.Sleep(20 * time.Second)
		s.Suspend()
		time.Sleep(time.Hour)
		select {
		case <-late:
			t.Error("a timer has run out while hotswap was suspended")
		default:
		}
		s.Resume()
		again := time.Now()
		if took := (<-late).Sub(again); took != 40*time.Second {
			t.Errorf("the boot had %v left, want 40s", took)
		}
		if want := []syscall.Signal{syscall.SIGTSTP, syscall.SIGCONT}; !slices.Equal(p.got, want) {
			t.Errorf("the program got %v, want %v", p.got, want)
		}
		_, _ = s.StopNow(t.Context(), 0)
		<-ended
	})
}

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

// What status says began at a time of day began then, however often and long hotswap
// has slept since, and also if hotswap did not know yet that it was awake.
func TestStartedIsATimeOfDay(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		began := s.Current().Generations[0].Started
		standby := s.Current().Standby.Started
		for range 3 {
			s.Suspend()
			time.Sleep(time.Hour)
			if got := s.Current().Generations[0].Started; !got.Equal(began) {
				t.Errorf("asleep: it began at %v, not at %v", got, began)
			}
			s.Resume()
			time.Sleep(10 * time.Second)
			if got := s.Current().Generations[0].Started; !got.Equal(began) {
				t.Errorf("awake: it began at %v, not at %v", got, began)
			}
			if got := s.Current().Standby.Started; !got.Equal(standby) {
				t.Errorf("awake: the standby began at %v, not at %v", got, standby)
			}
		}
		s.Suspend()
		time.Sleep(time.Hour)
		th.crash(s) // the first restart comes at once
		again := time.Now()
		s.Resume()
		time.Sleep(10 * time.Second)
		if got := s.Current().Generations[0].Started; !got.Equal(again) {
			t.Errorf("the next one began at %v, not at %v", got, again)
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
