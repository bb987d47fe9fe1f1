package node

import (
	"context"
	"time"
)

// Any reports whether some thread of the generation reports connections.
func (a *Session) Any() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t := range a.threads {
		if t.reports() {
			return true
		}
	}
	return false
}

// Tells reports whether the adapters report the connections that a process has at this
// local port.
func (a *Session) Tells(pid int, port uint16) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t := range a.threads {
		if t.PID == pid && t.ports[port] {
			return true
		}
	}
	return false
}

// DrainOptions are how a drain ends connections that have no end of their own. The zero
// value leaves them alone.
type DrainOptions struct {
	// Idle is how long an HTTP/1 connection must have had no request before it is ended.
	Idle        time.Duration
	CloseReason *CloseReason // for WebSockets
	// Move has kept HTTP/1 connections move to the serving generation, between two requests.
	Move bool
}

// Drain begins a drain, also in threads that connect later. undo cancels it, unless another
// one has begun since.
func (a *Session) Drain(o DrainOptions) (undo func()) {
	mine := &order{Type: "drain", IdleMS: o.Idle.Milliseconds(), WebSocket: o.CloseReason, Move: o.Move}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commandLocked(mine)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.order == mine {
			a.commandLocked(nil)
		}
	}
}

// Resume cancels a drain: the generation serves again.
func (a *Session) Resume() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.commandLocked(nil)
}

func (a *Session) commandLocked(o *order) {
	a.order, a.lanes = o, map[uint16]*lane{}
	if o == nil {
		o = &order{Type: "resume"}
	}
	for t := range a.threads {
		t.known = false
		t.write(*o)
	}
	for t := range a.followers {
		t.write(*o)
	}
	a.changeLocked()
}

// Wait returns when done accepts the sum of all states, or with the error of ctx.
func (a *Session) Wait(ctx context.Context, done func(State) bool) error {
	for {
		a.mu.Lock()
		sum, next := a.sumLocked(), a.changed
		a.mu.Unlock()
		if done(sum) {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Look asks each thread for its state after it has read what has arrived, and returns
// the sum.
func (a *Session) Look(ctx context.Context) (State, error) {
	a.mu.Lock()
	a.seq++
	seq := a.seq
	asked := make(map[*thread]bool, len(a.threads))
	for t := range a.threads {
		if t.reports() {
			t.write(order{Type: "look", Seq: seq})
			asked[t] = true
		}
	}
	a.mu.Unlock()
	if err := a.Wait(ctx, func(State) bool { return a.answered(asked, seq) }); err != nil {
		return State{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sumLocked(), nil
}

// answered reports whether each of the threads has answered or gone.
func (a *Session) answered(asked map[*thread]bool, seq int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t := range asked {
		if a.threads[t] && t.state.Seq < seq {
			return false
		}
	}
	return true
}

// sumLocked adds the states up. A thread that has not sent its state in this drain
// counts as busy and idle.
func (a *Session) sumLocked() State {
	sum := State{Finished: a.past.Finished, Closed: a.past.Closed}
	for t := range a.threads {
		s := t.state
		if !t.known && t.reports() {
			s.Connections, s.Busy, s.Idle = max(s.Connections, 1), max(s.Busy, 1), max(s.Idle, 1)
		}
		sum.Connections += s.Connections
		sum.Busy += s.Busy
		sum.WebSockets += s.WebSockets
		sum.Streams += s.Streams
		sum.Idle += s.Idle
		sum.Finished += s.Finished
		sum.Closed += s.Closed
	}
	return sum
}
