package held

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const maxClaims = 256 // of a link

// link is the connection of one process or thread.
type link struct {
	conn *net.UnixConn // constant
	of   *session      // constant
	uid  int           // constant
	pid  int           // constant

	mu sync.Mutex // held for a write

	claims map[handoff.Endpoint]*claim // Registry.mu guards them
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

// serve reads what the adapter writes until the process ends, or breaks the protocol.
func (l *link) serve() {
	lines := bufio.NewScanner(l.conn)
	lines.Buffer(nil, maxLine)
	for first := true; lines.Scan(); first = false {
		var m request
		if json.Unmarshal(lines.Bytes(), &m) != nil || (m.Type == "hello") != first || first && m.Version != version {
			return
		}
		switch e, known := l.claimed(m.At); {
		case m.Type == "bind":
			l.bind(m)
		case m.Type == "closed":
			l.closed(m)
		case !known:
		case m.Type == "ready":
			l.of.becomesReady(e)
		case m.Type == "accepts":
			l.accepts(e)
		case m.Type == "stopped":
			l.stopped(e, m.Turn)
		}
	}
}

// write sends a line, with a descriptor unless fd is below 0. The process of a link that takes no line is given up.
func (l *link) write(a answer, fd int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oob []byte
	if fd >= 0 {
		a.Handle, oob = true, unix.UnixRights(fd)
	}
	line, _ := json.Marshal(a) // numbers and texts
	line = append(line, '\n')
	_ = l.conn.SetWriteDeadline(time.Now().Add(wait.Reader)) // the kernel keeps hundreds of lines
	n, _, err := l.conn.WriteMsgUnix(line, oob, nil)
	if err == nil && n < len(line) {
		_, err = l.conn.Write(line[n:])
	}
	if err != nil {
		_ = l.conn.Close()
	}
}

// claimed returns the address that an adapter names, if the generation has it.
func (l *link) claimed(name string) (handoff.Endpoint, bool) {
	r := l.of.of.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := range l.of.bound {
		if e.String() == name {
			return e, true
		}
	}
	return handoff.Endpoint{}, false
}

// bind answers a bind of the program.
func (l *link) bind(m request) {
	e, any, err := m.endpoint()
	if err == nil && l.of.of.config.Denies != nil && l.of.of.config.Denies(l.uid, e.Port()) {
		err = errForeign
	}
	if errors.Is(err, errForeign) {
		l.write(answer{Type: "refused", ID: m.ID, Code: code(err)}, -1)
		return
	}
	r := l.of.of.registry
	r.mu.Lock()
	h, err := l.claimLocked(e, m)
	if any && (errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT)) { // there is no IPv6
		m.Host = "0.0.0.0"
		e, _, _ = m.endpoint()
		h, err = l.claimLocked(e, m)
	}
	if err == nil {
		_ = unix.SetNonblock(h.fd, true) // a flag of all copies, which a program may have changed
		l.write(answer{Type: "socket", ID: m.ID, At: e.String(), Host: e.Addr.Addr().String(), Port: int(e.Port())}, h.fd)
	}
	r.mu.Unlock()
	if err != nil {
		l.write(answer{Type: "refused", ID: m.ID, Code: code(err)}, -1)
		l.of.refused(e, err)
	}
}

// errTwice is the answer to a second bind of one address in one generation.
var errTwice = fmt.Errorf("the generation has it: %w", unix.EADDRINUSE)

// claimLocked gives the process an address, as the kernel would, were there no other generation.
func (l *link) claimLocked(e handoff.Endpoint, m request) (*hold, error) {
	for other := range l.of.links {
		for at, c := range other.claims {
			if c.open && (at != e || !c.shared || !m.Shared) && at.Excludes(e) {
				return nil, errTwice
			}
		}
	}
	if len(l.claims) >= maxClaims {
		return nil, errFull
	}
	h, err := l.of.holdLocked(e)
	if err == nil {
		l.claims[e] = &claim{open: true, id: m.ID, shared: m.Shared}
		l.of.bound[e] = true
	}
	return h, err
}

// accepts notes that the process is about to accept. If its turn has come, it may. A process that may already has lost the
// socket, because it could open no more, and would ask again at once.
func (l *link) accepts(e handoff.Endpoint) {
	r := l.of.of.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	c := l.claims[e]
	if c != nil && c.goes {
		r.mu.Unlock()
		select {
		case <-time.After(wait.Look):
		case <-l.of.ended:
		}
		r.mu.Lock()
	}
	if c == nil && len(l.claims) < maxClaims { // a child of the process that has bound it
		c = &claim{}
		l.claims[e] = c
	}
	if c == nil {
		return
	}
	c.accepts = true
	h := cmp.Or(l.of.given[e], r.holds[e])
	if h != nil && h.serves == 0 && l.of.of.config.Early {
		h.serves = l.of.gen
	}
	if h != nil && h.serves == l.of.gen {
		l.goLocked(e, h)
	}
}

// goLocked has the process accept.
func (l *link) goLocked(e handoff.Endpoint, h *hold) {
	if c := l.claims[e]; c != nil && c.accepts {
		c.endStopLocked()
		c.goes = true
		_ = unix.SetNonblock(h.fd, true)
		l.write(answer{Type: "go", At: e.String()}, h.fd)
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
	l.write(answer{Type: "stop", At: e.String(), Turn: turn}, -1)
	return c.stopped
}

func (l *link) stopped(e handoff.Endpoint, turn int) {
	r := l.of.of.registry
	r.mu.Lock()
	defer r.mu.Unlock()
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

// closed notes that the program has closed the socket, or does not want that of a bind which was not answered then. Clients
// wait until it binds the address again, or another generation serves. None waits where the program has only tried whether it
// can have the address, which may be for a child without an adapter.
func (l *link) closed(m request) {
	r := l.of.of.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	for e, c := range l.claims {
		if m.At != "" && e.String() == m.At || m.At == "" && c.open && c.id == m.ID {
			c.endStopLocked()
			delete(l.claims, e)
			if h := r.holds[e]; h != nil && m.Tried && !h.ready && !r.usedLocked(e) {
				r.dropLocked(e)
			}
		}
	}
}
