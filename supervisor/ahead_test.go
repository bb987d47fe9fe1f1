package supervisor

import (
	"runtime"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// An event of a standby waits for the loop. The loop asks meanwhile whether the standby's own code has begun, to send it a
// signal, and must not wait for that event.
func TestSignalWaitsForNoEvent(t *testing.T) {
	s := &Supervisor{inbox: make(chan func()), done: make(chan struct{})} // whose loop is at work
	a := &ahead{s: s, open: true}
	heard, asked := make(chan struct{}), make(chan bool)
	go func() {
		defer close(heard)
		a.hear(handoff.ExtendTimeout{Gen: 2})
	}()
	for a.mu.TryLock() { // the event does not wait yet
		a.mu.Unlock()
		runtime.Gosched()
	}
	go func() { asked <- a.waits() }()
	select {
	case waits := <-asked:
		if !waits {
			t.Error("the own code of a standby has begun without an order")
		}
	case <-time.After(testkit.Patience):
		t.Fatal("the loop waits for an event that waits for the loop")
	}
	close(s.done)
	<-heard
}
