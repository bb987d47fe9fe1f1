package held

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const maxClaims = 256 // of a link

// link is what a process or thread asks for. Registry.mu guards what is not constant.
type link struct {
	*wire.Link // constant
	*session   // constant

	asks   bool // for sockets; a link may also be there for other families
	claims map[handoff.Endpoint]*claim
}

// claim is what a process has said of an address.
type claim struct {
	open    bool // the program has the socket
	id      int  // of its bind
	shared  bool // it has set SO_REUSEPORT
	accepts bool // the process would accept
	goes    bool // it may
	turn    int  // in which it is to stop, and has not said so; 0: none
	stopped chan struct{}
}

// handlers are what the session does with the messages of a link.
func (l *link) handlers() wire.Handlers {
	at := func(do func(e handoff.Endpoint, turn int)) wire.Handler { // if the generation has the address
		return wire.On(func(m atAddress) {
			l.mu.Lock()
			l.asks = true
			bound := slices.Collect(maps.Keys(l.bound))
			l.mu.Unlock()
			for _, e := range bound {
				if e.String() == m.At {
					do(e, m.Turn)
				}
			}
		})
	}
	return wire.Handlers{
		"bind":    wire.On(l.bind),
		"unbound": wire.On(l.unbound),
		"ready":   at(l.becomesReady),
		"accepts": at(l.accepts),
		"stopped": at(l.stopped),
	}
}

// bind answers a bind of the program.
func (l *link) bind(m bind) {
	e, err := m.endpoint()
	if err == nil && l.Denies != nil && l.Denies(l.UID, l.PID, e.Port()) {
		err = errForeign
	}
	l.mu.Lock()
	l.asks = true
	var h *hold
	if err == nil {
		h, err = l.claimLocked(e, m)
	}
	if m.Host == "" && (errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT)) { // there is no IPv6
		m.Host = "0.0.0.0"
		e, _ = m.endpoint()
		h, err = l.claimLocked(e, m)
	}
	if err == nil {
		_ = unix.SetNonblock(h.socket.FD, true) // a flag of all copies, which a program may have changed
		l.Send(answer{Type: "socket", ID: m.ID, At: e.String(), Host: e.Addr.Addr().String(), Port: int(e.Port())},
			h.socket)
	}
	l.mu.Unlock()
	if err != nil {
		l.Send(answer{Type: "refused", ID: m.ID, Code: code(err)}, nil)
		l.refused(e, err)
	}
}

// errTwice is the answer to a second bind of one address in one generation.
var errTwice = fmt.Errorf("the generation has it: %w", unix.EADDRINUSE)

// claimLocked gives the process an address, as the kernel would, were there no other generation.
func (l *link) claimLocked(e handoff.Endpoint, m bind) (*hold, error) {
	for other := range l.links {
		for at, c := range other.claims {
			if c.open && (at != e || !c.shared || !m.Shared) && at.Excludes(e) {
				return nil, errTwice
			}
		}
	}
	if len(l.claims) >= maxClaims {
		return nil, errFull
	}
	h, err := l.holdLocked(e)
	if err == nil {
		l.claims[e] = &claim{open: true, id: m.ID, shared: m.Shared}
		l.bound[e] = true
	}
	return h, err
}

// accepts notes that the process is about to accept. If its turn has come, it may. A process that may already has lost
// the socket, because it could open no more, and would ask again at once.
func (l *link) accepts(e handoff.Endpoint, _ int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.claims[e]
	if c != nil && c.goes {
		l.mu.Unlock()
		select {
		case <-time.After(wait.Poll):
		case <-l.Ended:
		}
		l.mu.Lock()
	}
	if c == nil { // a child of the process that has bound it
		if len(l.claims) >= maxClaims {
			return
		}
		c = &claim{}
		l.claims[e] = c
	}
	c.accepts = true
	h := cmp.Or(l.given[e], l.holds[e])
	if h != nil && h.serves == 0 && l.Early {
		h.serves, h.queued = l.gen, false
	}
	if h != nil && h.serves == l.gen {
		if l.given[e] == nil {
			l.ready[e] = true // before it answers whoever asks whether it is ready
		}
		l.goLocked(e, h)
	}
}

// goLocked has the process accept.
func (l *link) goLocked(e handoff.Endpoint, h *hold) {
	if c := l.claims[e]; c != nil && c.accepts {
		c.endStopLocked()
		c.goes = true
		_ = unix.SetNonblock(h.socket.FD, true)
		l.Send(answer{Type: "go", At: e.String()}, h.socket)
	}
}

// stopLocked has the process stop accepting. It returns what is closed when the process has; nil: it does not accept.
func (l *link) stopLocked(e handoff.Endpoint, turn int) <-chan struct{} {
	c := l.claims[e]
	switch {
	case c == nil:
		return nil
	case c.turn != 0:
		return c.stopped
	case !c.goes:
		return nil
	}
	c.goes, c.turn, c.stopped = false, turn, make(chan struct{})
	l.Send(answer{Type: "stop", At: e.String(), Turn: turn}, nil)
	return c.stopped
}

func (l *link) stopped(e handoff.Endpoint, turn int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.claims[e]; c != nil && turn == c.turn {
		c.endStopLocked()
	}
}

// endStopLocked ends the wait for the process.
func (c *claim) endStopLocked() {
	if c.turn != 0 {
		close(c.stopped)
		c.turn = 0
	}
}

// unbound notes that the program has closed the socket, or does not want that of a bind which was not answered then. No
// client waits where the program has only tried whether it can have the address, which may be for a child without an
// adapter.
func (l *link) unbound(m unbound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, c := range l.claims {
		if m.At != "" && e.String() == m.At || m.At == "" && c.open && c.id == m.ID {
			c.endStopLocked()
			delete(l.claims, e)
			switch h := l.holds[e]; {
			case h == nil || l.usesLocked(e):
			case m.Tried && !h.ready && !l.usedLocked(e):
				l.dropLocked(e)
			default:
				time.AfterFunc(closedFor, func() { l.givesUp(e, h) })
			}
		}
	}
}

// givesUp closes an address that the program has not bound again. If the process has ended meanwhile, as by a crash,
// clients wait for whoever starts it again, or for the next generation.
func (l *link) givesUp(e handoff.Endpoint, h *hold) {
	l.mu.Lock()
	mine := l.holds[e] == h && !h.queued && (h.serves == 0 || h.serves == l.gen) && l.links[l]
	over := mine && !l.usedLocked(e)
	again := mine && !over && !l.usesLocked(e) // an older generation has it
	if over {
		l.dropLocked(e)
		delete(l.ready, e)
	}
	l.mu.Unlock()
	if over {
		l.report(handoff.Closed{Gen: l.gen, Endpoint: e})
	}
	if again {
		time.AfterFunc(closedFor, func() { l.givesUp(e, h) })
	}
}
