package supervisor

import (
	"errors"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// What was slept counts for nobody: neither for a boot, nor for a drain, nor
// for a pause before a restart.
func TestStoryCtrlZ(t *testing.T) {
	s := serving(t, dev).on(save("a.ts")).boot(2, portA).after(2*time.Second).on(save("b.ts"), evStarted{gen: 3, pid: 103}).after(time.Second).quiet()
	s.now = s.now.Add(time.Hour) // asleep: no timer runs out
	s.on(evResumed{time.Hour}).after(10 * time.Second).on(evListening{gen: 3, endpoint: portA})
	s.want(`
		3603.000 resumed after 1h0m0s
			arm 1 stop 4s
			arm 1 kill 7s
			arm 3 ready 59s
		3607.000 1 expired stop
			signal 1
		3610.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3611.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3612.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3613.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3613.000 3 listens 127.0.0.1:4000
			disarm 3 ready
			cutover 3
			drain 2
			arm 2 stop 7s
			arm 2 kill 10s
			! 3 serves [4000] for change after 11s by listen, replaces 2, unserved []
	`)
}

// The pause before a restart goes on too, and an expiry that was under way when
// hotswap was stopped is not heard twice.
func TestStoryCtrlZBeforeARestart(t *testing.T) {
	s := serving(t, dev)
	for gen := GenID(1); s.m.restart == nil || s.m.pause.Sub(s.now) < 100*time.Millisecond; gen++ {
		s.end(gen, crash)
		if s.m.starting() != nil {
			s.boot(gen+1, portA)
		}
	}
	s.quiet()
	left := s.m.pause.Sub(s.now)
	s.now = s.now.Add(left + time.Hour)
	s.on(evResumed{time.Hour}, evExpired{0, timerRestart}).phase(PhaseRestarting)
	s.after(time.Millisecond).phase(PhaseStarting)
}

// sleeper is a process that notes its signals.
type sleeper struct {
	mu   sync.Mutex
	got  []syscall.Signal
	gone chan struct{}
	ends chan proc.Exit
}

func (s *sleeper) note(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, sig)
	if sig == syscall.SIGKILL {
		s.ends <- proc.Exit{Signal: sig}
		close(s.gone)
	}
}

func (s *sleeper) Start(proc.Spec) (Process, error) { return s, nil }
func (*sleeper) PID() int                           { return 1234 }
func (*sleeper) Listener() (int, error)             { return -1, errors.ErrUnsupported }
func (*sleeper) Tree() []int                        { return nil }
func (s *sleeper) Signal(sig syscall.Signal) error  { s.note(sig); return nil }
func (s *sleeper) Kill() error                      { s.note(syscall.SIGKILL); return nil }
func (s *sleeper) Release() error                   { return nil }
func (s *sleeper) Exited() <-chan proc.Exit         { return s.ends }
func (s *sleeper) Gone() <-chan struct{}            { return s.gone }

// While hotswap is suspended no timer runs, however long that is.
func TestSuspendStopsTheTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &sleeper{gone: make(chan struct{}), ends: make(chan proc.Exit, 1)}
		late := make(chan time.Time, 1)
		s := New(Config{
			Command: []string{"sleeper"}, Registry: handoff.NewRegistry(nil), Runner: p, Policy: Policy{ReadyTimeout: time.Minute},
			Notify: func(n any) {
				if _, ok := n.(NoticeNotListening); ok {
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
