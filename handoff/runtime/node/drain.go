package node

import (
	"context"
	"time"
)

// Any tells whether some thread of the generation tells of connections.
func (a *Session) Any() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for m := range a.threads {
		if m.tells() {
			return true
		}
	}
	return false
}

// Tells whether the adapters tell of the connections that the process has at this
// local port.
func (a *Session) Tells(pid int, port uint16) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for m := range a.threads {
		if m.pid == pid && m.ports[port] {
			return true
		}
	}
	return false
}

// DrainOptions is how a drain treats what has no end of its own. The zero value leaves
// both alone.
type DrainOptions struct {
	// Idle is how long nothing must have been asked on an HTTP/1 connection before
	// it is ended between two requests.
	Idle        time.Duration
	CloseReason *CloseReason // what WebSockets are told
}

// Drain begins a drain, for those that connect later too.
func (a *Session) Drain(m DrainOptions) {
	a.command(&order{Type: "drain", IdleMS: m.Idle.Milliseconds(), WebSocket: m.CloseReason})
}

// Resume takes a drain back: the generation serves again.
func (a *Session) Resume() { a.command(nil) }

func (a *Session) command(o *order) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order = o
	if o == nil {
		o = &order{Type: "resume"}
	}
	for m := range a.threads {
		m.known = false
		m.write(*o)
	}
	a.changeLocked()
}

// Wait returns when done says so of the sum of all states, or ctx has ended (its
// error).
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

// Look asks each thread how it stands after it has read what there is to read,
// and returns the sum.
func (a *Session) Look(ctx context.Context) (State, error) {
	a.mu.Lock()
	a.seq++
	seq := a.seq
	asked := make(map[*thread]bool, len(a.threads))
	for m := range a.threads {
		if m.tells() {
			m.write(order{Type: "look", Seq: seq})
			asked[m] = true
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

// answered tells whether all who were asked have answered, or gone.
func (a *Session) answered(asked map[*thread]bool, seq int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for m := range asked {
		if a.threads[m] && m.state.Seq < seq {
			return false
		}
	}
	return true
}

// sumLocked adds up. Of a thread that has not said how it stands since the drain
// began, something is under way.
func (a *Session) sumLocked() State {
	sum := State{Finished: a.past.Finished, Closed: a.past.Closed}
	for m := range a.threads {
		s := m.state
		if !m.known && m.tells() {
			s.Connections, s.Busy = max(s.Connections, 1), max(s.Busy, 1)
		}
		sum.Connections += s.Connections
		sum.Busy += s.Busy
		sum.WebSockets += s.WebSockets
		sum.Finished += s.Finished
		sum.Closed += s.Closed
	}
	return sum
}
