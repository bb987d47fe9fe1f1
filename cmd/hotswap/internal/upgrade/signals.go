package upgrade

import (
	"context"
	"os"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// signals defers signals and commands while an upgrade is under way: they are meant for the
// hotswap that stays.
type signals struct {
	mu       sync.Mutex
	idle     chan struct{} // closed while no upgrade is under way
	passing  int           // swaps that are being handed to the supervisor; see Enter
	passed   *sync.Cond    // of mu: passing is another
	deferred []os.Signal
	child    *proc.Handle // the process that took over; nil: none did
}

func newSignals() *signals {
	s := &signals{idle: make(chan struct{})}
	s.passed = sync.NewCond(&s.mu)
	close(s.idle)
	return s
}

// begin starts to defer, and waits until the supervisor has what is being handed to it.
func (s *signals) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = make(chan struct{})
	for s.passing > 0 {
		s.passed.Wait()
	}
}

// enter reports whether no upgrade is under way. Then none begins until leave is called.
func (s *signals) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.idle:
		s.passing++
		return true
	default:
		return false
	}
}

func (s *signals) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passing--
	s.passed.Broadcast()
}

// fail ends an upgrade that failed. It reports which of a stop and a reload was deferred.
func (s *signals) fail() (stop, reload bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sig := range s.deferred {
		stop, reload = stop || sig != syscall.SIGHUP, reload || sig == syscall.SIGHUP
	}
	s.deferred = nil
	close(s.idle)
	return stop, reload
}

// succeed ends an upgrade whose child took over, and passes the deferred signals on.
func (s *signals) succeed(child *proc.Handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child = child
	for _, sig := range s.deferred {
		_ = child.Signal(sig.(syscall.Signal)) // an error means that the child has ended
	}
	s.deferred = nil
	close(s.idle)
}

// ChildPID returns the process ID of the child that took over, or 0.
func (s *signals) ChildPID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0
	}
	return s.child.PID()
}

// DeferSignal keeps a signal while an upgrade is under way, and passes the signal on to a
// child that took over. It reports whether it did either.
func (s *signals) DeferSignal(sig os.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		_ = s.child.Signal(sig.(syscall.Signal))
		return true
	}
	select {
	case <-s.idle:
		return false
	default:
		s.deferred = append(s.deferred, sig)
		return true
	}
}

// WaitIdle waits until no upgrade is under way. It reports whether this process still
// steers: false means that a child took over or ctx ended.
func (s *signals) WaitIdle(ctx context.Context) bool {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return s.ChildPID() == 0
	case <-ctx.Done():
		return false
	}
}

// Cancel ends the upgrade that is under way and refuses further ones, because hotswap stops
// by sig. If a child takes over nevertheless, the child gets the signal too.
func (u *Upgrade) Cancel(sig os.Signal) {
	if u.ChildPID() == 0 {
		u.DeferSignal(sig)
	}
	u.flip.Stop()
}
