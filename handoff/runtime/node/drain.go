package node

import (
	"context"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// connections is what a session knows of its drain, and of the connections that move. Session.mu guards what is not constant.
type connections struct {
	order     *order // the current drain; nil: none
	looks     int
	offers    int // that were made
	picks     int
	stopFirst bool            // in the current drain, what moves waits for the next generation
	offered   int             // connections that are on their way to another process
	moved     int             // that another process has taken
	retired   <-chan struct{} // constant; closed when the generation does not serve again
	retire    func()          // constant; closes it
}

// ofConnections is the same of a thread.
type ofConnections struct {
	slots  chan struct{} // constant; its capacity bounds the offers that the thread has not answered
	ports  map[uint16]bool
	places map[string]bool // at which its servers listen
	unix   bool            // at a unix socket, too
	state  State
	known  bool           // state is of the current order
	met    bool           // state is of the current drain, perhaps of an order before
	looked int            // busy connections, as the newest look was answered
	offers map[int]*offer // of connections, by number
	picked int            // when it was picked last
}

// reports reports whether the thread has connections, so that a drain has to ask it.
// A thread that only computes would not answer.
func (t *thread) reports() bool { return len(t.ports)+len(t.places) > 0 }

func (t *thread) listensLocked(m Listening) {
	if m.Port != 0 || m.At == "" {
		t.ports[m.Port] = true
	}
	t.unix = t.unix || m.Port == 0 && m.At != ""
	if len(t.places) < maxPlaces && m.At != "" {
		t.places[m.At] = true
	}
}

func (t *thread) stateLocked(m State) {
	if m.Seq == 0 {
		m.Seq = t.state.Seq
	} else {
		t.looked = m.Busy
	}
	t.state, t.known, t.met = m, true, true
}

// Tells reports whether the adapters report which connections of a process at this local
// port are busy, or, if that is 0, of unix sockets.
func (a *Session) Tells(pid int, port uint16) bool {
	return a.any(func(t *thread) bool {
		return t.PID == pid && (port == 0 && t.unix || port != 0 && t.ports[port])
	})
}

// Reports reports whether any adapter tells which connections are busy, or how many answers are not whole.
func (a *Session) Reports() bool { return a.any((*thread).reports) }

func (a *Session) any(is func(t *thread) bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for t := range a.threads {
		if is(t) {
			return true
		}
	}
	return false
}

// DrainOptions are how a drain ends connections that have no end of their own.
type DrainOptions struct {
	CloseReason *CloseReason // for WebSockets; nil: these and event streams go on
	Serves      bool         // new connections come meanwhile, so those of HTTP/2 go on
	Moves       bool         // connections between two requests go to the generation that serves
	Next        bool         // a generation serves after this one, so the next request on what stays is awaited, to say that it ends
	StopFirst   bool         // that generation starts when this one has ended: what moves waits in hotswap
	Held        bool         // this generation may serve again
}

// Drain begins a drain, also in threads that connect later. undo cancels it, unless another
// one has begun since.
func (a *Session) Drain(o DrainOptions) (undo func()) {
	mine := &order{Type: "drain", WebSocket: o.CloseReason, Serves: o.Serves, Moves: o.Moves, Next: o.Next}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopFirst = o.StopFirst
	if !o.Held {
		a.retire()
	}
	a.commandLocked(mine)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.order == mine {
			a.commandLocked(nil)
		}
	}
}

func (a *Session) commandLocked(o *order) {
	begins := a.order == nil
	a.order = o
	if o == nil {
		o = &order{Type: "resume"}
	}
	for t := range a.threads {
		t.known, t.met = false, t.met && !begins
		t.Send(*o, nil)
	}
	a.changeLocked()
}

// State returns the sum of all states.
func (a *Session) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sumLocked()
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
		if err := wait.On(ctx, next); err != nil {
			return err
		}
	}
}

// Look asks each thread for its state after it has read what has arrived. The function reports
// whether each has answered or gone, and whether none had something busy then.
func (a *Session) Look() func() (answered, idle bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.looks++
	seq := a.looks
	asked := make(map[*thread]bool, len(a.threads))
	for t := range a.threads {
		if t.reports() {
			t.Send(order{Type: "look", Seq: seq}, nil)
			asked[t] = true
		}
	}
	return func() (answered, idle bool) {
		a.mu.Lock()
		defer a.mu.Unlock()
		idle = true
		for t := range asked {
			if a.threads[t] && t.state.Seq < seq {
				return false, false
			}
			idle = idle && (!a.threads[t] || t.looked == 0)
		}
		return true, idle
	}
}

// sumLocked adds the states up. A thread that has not sent its state in this drain
// counts as busy.
func (a *Session) sumLocked() State {
	var sum State
	for t := range a.threads {
		s := t.state
		if !t.known && t.reports() {
			s.Connections, s.Busy = max(s.Connections, 1), max(s.Busy, 1)
			if !t.met {
				s.Stays = max(s.Stays, 1)
			}
		}
		sum.Connections += s.Connections
		sum.Busy += s.Busy
		sum.Streams += s.Streams
		sum.Flowing += s.Flowing
		sum.Stays += s.Stays
	}
	if sum.Moved = a.moved; !a.stopFirst { // they may come back
		sum.Connections += a.offered
		sum.Busy += a.offered
	}
	return sum
}
