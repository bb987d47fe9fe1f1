package connections

import "context"

func (t *thread) listensLocked(m Listening) {
	t.reports = true
	if m != (Listening{}) {
		t.ports[m.Port] = true
	}
	if len(t.addresses) < maxAddresses && m.At != "" {
		t.addresses[m.At] = true
	}
}

func (t *thread) stateLocked(m State) {
	if m.Seq == 0 {
		m.Seq = t.state.Seq
	} else {
		t.busyThen = m.Busy
	}
	t.state, t.known, t.met = m, true, true
}

// Tells reports whether the adapters report which connections of a process at this local
// port are busy, or, if that is 0, of unix sockets.
func (a *Session) Tells(pid int, port uint16) bool {
	return a.links.Any(func(t *thread) bool {
		return t.PID == pid && t.ports[port]
	})
}

// Reports reports whether any adapter tells which connections are busy, or how many answers are not whole.
func (a *Session) Reports() bool { return a.links.Any(func(t *thread) bool { return t.reports }) }

// DrainOptions are how a drain ends connections that have no end of their own.
type DrainOptions struct {
	// for WebSockets; nil: these and event streams go on
	CloseReason *CloseReason `json:"websocket,omitempty"`
	Serves      bool         `json:"serves,omitempty"` // new connections come meanwhile, so those of HTTP/2 go on
	// connections between two requests go to the generation that serves
	Moves bool `json:"moves,omitempty"`
	// a generation serves after this one, so the next request on what stays is awaited, to say that it ends
	Next bool `json:"next,omitempty"`

	StopFirst bool `json:"-"` // that generation starts when this one has ended: what moves waits in hotswap
	Reserve   bool `json:"-"` // this generation may serve again
}

// Drain begins a drain, also in threads that connect later. undo cancels it, unless another
// one has begun since.
func (a *Session) Drain(o DrainOptions) (undo func()) {
	mine := &order{Type: "drain", DrainOptions: o}
	a.links.Lock()
	defer a.links.Unlock()
	a.stopFirst = o.StopFirst
	if !o.Reserve {
		a.retire()
	}
	a.commandLocked(mine)
	return func() {
		a.links.Lock()
		defer a.links.Unlock()
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
	for _, t := range a.links.Links {
		t.known, t.met = false, t.met && !begins
		t.Send(*o, nil)
	}
	a.links.Change.Now()
}

// State returns the sum of all states. A thread that has not sent its state in this drain counts as busy.
func (a *Session) State() State {
	a.links.Lock()
	defer a.links.Unlock()
	var sum State
	for _, t := range a.links.Links {
		s := t.state
		if !t.known && t.reports {
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
	sum.Moved = a.moved
	if !a.stopFirst { // they may come back
		sum.Connections += a.offered
		sum.Busy += a.offered
	}
	return sum
}

// Watch calls changed now and whenever State may have changed, until ctx ends.
func (a *Session) Watch(ctx context.Context, changed func()) {
	_ = a.links.Await(ctx, func() bool { changed(); return false })
}

// Ask asks each thread for its state after it has read what has arrived. The function reports
// whether each has answered or gone, and whether none had something busy then.
func (a *Session) Ask() func() (answered, idle bool) {
	a.links.Lock()
	defer a.links.Unlock()
	a.asks++
	seq := a.asks
	var asked []*thread
	for _, t := range a.links.Links {
		if t.reports {
			t.Send(order{Type: "look", Seq: seq}, nil)
			asked = append(asked, t)
		}
	}
	return func() (answered, idle bool) {
		a.links.Lock()
		defer a.links.Unlock()
		idle = true
		for _, t := range asked {
			if !t.gone && t.state.Seq < seq {
				return false, false
			}
			idle = idle && (t.gone || t.busyThen == 0)
		}
		return true, idle
	}
}
