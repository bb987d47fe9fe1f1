package upgrade

import (
	"cmp"
	"context"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// permit is had by one at a time: an upgrade that is under way, a swap that is being handed to the supervisor, and
// a child until it serves. Commands and signals wait for it, because they are meant for the hotswap that stays.
type permit struct {
	had   chan struct{}                 // capacity 1
	child atomic.Pointer[proc.Identity] // the process that took over; nil: none did
}

func newPermit() *permit { return &permit{had: make(chan struct{}, 1)} }

// begin takes the turn for an upgrade unless pending names something that is under way.
func (t *permit) begin(pending func() string) (what string) {
	t.had <- struct{}{}
	what = pending()
	if what != "" {
		<-t.had
	}
	return what
}

// Enter waits until swaps are possible. No upgrade begins until leave is called; nil: a child took over, or ctx ended.
func (t *permit) Enter(ctx context.Context) (leave func()) {
	select {
	case t.had <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	if t.child.Load() != nil {
		<-t.had
		return nil
	}
	return func() { <-t.had }
}

// Wait waits as Enter does, and lets upgrades begin at once. An error means that a child took over
// ([control.ErrMoved]), or that ctx ended.
func (t *permit) Wait(ctx context.Context) error {
	leave := t.Enter(ctx)
	if leave == nil {
		return cmp.Or(t.Moved(), ctx.Err())
	}
	leave()
	return nil
}

// Moved returns [control.ErrMoved] if a child took over.
func (t *permit) Moved() error {
	if t.ChildPID() == 0 {
		return nil
	}
	return control.ErrMoved
}

// ChildPID returns the process ID of the child that took over, or 0.
func (t *permit) ChildPID() int {
	if child := t.child.Load(); child != nil {
		return child.PID
	}
	return 0
}

// Pass waits for the end of an upgrade, and passes the signal on to a child that took over. It reports whether
// one did.
func (t *permit) Pass(ctx context.Context, sig os.Signal) bool {
	if t.Wait(ctx) == nil {
		return false
	}
	child := t.child.Load()
	if child != nil {
		_ = child.Signal(sig.(syscall.Signal)) // an error means that the child has ended
	}
	return child != nil
}
