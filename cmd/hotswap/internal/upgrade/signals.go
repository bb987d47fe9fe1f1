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
	// turn is had by an upgrade that is under way, by a swap that is being handed to the supervisor, and by a
	// child until it serves. Capacity 1.
	turn chan struct{}

	mu       sync.Mutex // guards what follows
	upgrades bool       // an upgrade is under way
	deferred []os.Signal
	child    *proc.Handle // the process that took over; nil: none did
}

func newSignals() *signals { return &signals{turn: make(chan struct{}, 1)} }

// begin starts an upgrade, once the supervisor has what is being handed to it, unless pending names something
// that is under way.
func (s *signals) begin(pending func() string) (what string) {
	s.turn <- struct{}{}
	if what = pending(); what != "" {
		<-s.turn
		return what
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgrades = true
	return ""
}

// end ends an upgrade. If a child took over, it gets the deferred signals. Otherwise end reports which of a
// stop and a reload was deferred.
func (s *signals) end(child *proc.Handle) (stop, reload bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child, s.upgrades = child, false
	for _, sig := range s.deferred {
		if child != nil {
			_ = child.Signal(sig.(syscall.Signal)) // an error means that the child has ended
		}
		stop, reload = stop || sig != syscall.SIGHUP, reload || sig == syscall.SIGHUP
	}
	s.deferred = nil
	<-s.turn
	return stop, reload
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
	switch {
	case s.child != nil:
		_ = s.child.Signal(sig.(syscall.Signal))
	case s.upgrades:
		s.deferred = append(s.deferred, sig)
	default:
		return false
	}
	return true
}

// Enter waits until swaps are possible. They are not while an upgrade is under way, nor in a child that does not
// serve yet: they would end the generation for which the parent waits. If Enter reports true, no upgrade begins
// until leave is called. Otherwise a child took over or ctx ended.
func (s *signals) Enter(ctx context.Context) (leave func(), ok bool) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, false
	}
	leave = func() { <-s.turn }
	if s.ChildPID() != 0 {
		leave()
		return nil, false
	}
	return leave, true
}

// WaitIdle waits as Enter does, and lets upgrades begin at once.
func (s *signals) WaitIdle(ctx context.Context) bool {
	leave, ok := s.Enter(ctx)
	if ok {
		leave()
	}
	return ok
}

// Cancel ends the upgrade that is under way and refuses further ones, because hotswap stops
// by sig. If a child takes over nevertheless, the child gets the signal too.
func (u *Upgrade) Cancel(sig os.Signal) {
	if u.ChildPID() == 0 {
		u.DeferSignal(sig)
	}
	u.flip.Stop()
}
