//go:build (linux || darwin) && !386

// hotswap adds this file to net/http in what it has Go compile in watch mode, and has server.go call the functions
// whose comment says so (handoff/runtime/golang). Without the variable they do nothing. handoff/runtime/wire and
// connections have the protocol.
package http

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// in which TLS is negotiated, and in which a request is expected on what cannot move
	hotswapExpected = time.Second
	hotswapFlows    = 15 * time.Second      // after which an answer of which nothing has left does not flow
	hotswapLook     = 20 * time.Millisecond // between two looks while draining
	hotswapSoon     = time.Millisecond      // until the look after a change
	// connections that hotswap is to get at once, because each needs a descriptor there
	hotswapMost = 64
)

var (
	hotswapOnce sync.Once
	hotswapHere atomic.Pointer[hotswapProcess] // nil: the program is not below hotswap, or serves nothing yet
)

// hotswapProcess is what hotswap has to know of the program's connections.
type hotswapProcess struct {
	order   atomic.Pointer[hotswapMessage] // nil: the program serves
	stirred chan struct{}                  // of capacity 1: something has changed

	mu        sync.Mutex // guards what follows
	listeners []*hotswapListener
	conns     map[*conn]*hotswapConn // but hijacked ones
	given     []*hotswapConn         // that hotswap has not got yet, in order
	pending   int                    // connections that are about to be served, but are not in conns yet
	blind     bool                   // hotswap has heard that it does not hear of all connections
	sent      string
}

// hotswapMessage is one of hotswap's. That of a drain is an order until the next one.
type hotswapMessage struct {
	Type, At                         string
	ID, Seq                          int
	UntilMS                          int64
	Moves, Serves, Next, Stays, Lost bool
	WebSocket                        json.RawMessage // nil: WebSockets and event streams go on
}

// hotswapServer is a field of each server.
type hotswapServer struct {
	mu     sync.Mutex // held while its ConnContext runs, which the program may expect one at a time
	goaway func()     // nil: it does not speak HTTP/2
}

// hotswapListener is a listener of a server.
type hotswapListener struct {
	server *Server
	key    *net.Listener // by which the server knows it
	addr   net.Addr
	ctx    context.Context // of its connections
	named  bool            // to hotswap
	plain  bool            // it has accepted a connection that nobody has wrapped
}

// hotswapBegin joins the link to hotswap, once.
func hotswapBegin() *hotswapProcess {
	hotswapOnce.Do(func() {
		h := &hotswapProcess{stirred: make(chan struct{}, 1), conns: map[*conn]*hotswapConn{}}
		if hotswapJoin(h.obey) {
			go h.look()
			hotswapHere.Store(h)
		}
	})
	return hotswapHere.Load()
}

// hotswapServes notes a listener before its server accepts, and returns the context of its connections.
func hotswapServes(s *Server, l *net.Listener, ctx context.Context) context.Context {
	if h := hotswapBegin(); h != nil {
		addr := hotswapAddr(*l)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.listeners = append(slices.DeleteFunc(h.listeners, func(l *hotswapListener) bool { return !l.open() }),
			&hotswapListener{server: s, key: l, addr: addr, ctx: ctx})
	}
	return ctx
}

// hotswapMultiplexes notes what ends a server's connections of HTTP/2 behind their streams: the server has just
// registered it.
func hotswapMultiplexes(s *Server) {
	if s.nextProtoErr != nil {
		return
	}
	s.mu.Lock()
	goaway := s.onShutdown[len(s.onShutdown)-1]
	s.mu.Unlock()
	if h := hotswapBegin(); h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		s.hotswap.goaway = goaway
	}
}

// hotswapContext calls a server's ConnContext.
func hotswapContext(s *Server, ctx context.Context, rw net.Conn) context.Context {
	if hotswapHere.Load() != nil {
		s.hotswap.mu.Lock()
		defer s.hotswap.mu.Unlock()
	}
	return s.ConnContext(ctx, rw)
}

// hotswapTracks notes that a connection was accepted, or that it has closed or was hijacked.
func hotswapTracks(c *conn, add bool) {
	h := hotswapHere.Load()
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.conns[c]; !add && e != nil {
		delete(h.conns, c)
		e.owned()
		h.stir()
	}
	if add {
		e := &hotswapConn{Conn: c.rwc, h: h, c: c, of: h.listenerOf(c), got: make(chan bool, 1), began: time.Now()}
		e.fresh.Store(true)
		if hotswapPlain(c.rwc) {
			e.raw, _ = c.rwc.(syscall.Conn).SyscallConn()
		}
		h.conns[c] = e
		h.name(e)
		h.stir()
	}
}

// hotswapReads returns what the requests of HTTP/1 are read from.
func hotswapReads(c *conn) net.Conn {
	h := hotswapHere.Load()
	if h == nil {
		return c.rwc
	}
	h.mu.Lock()
	e := h.conns[c]
	h.mu.Unlock()
	if e == nil {
		return c.rwc
	}
	e.rest(c.server.readHeaderTimeout())
	e.parsed.Store(true)
	return e
}

// hotswapRests notes that an answer has left. It reports false.
func hotswapRests(c *conn) bool {
	if e, ok := c.r.rwc.(*hotswapConn); ok {
		c.r.lock()
		more := c.r.hasByte
		c.r.unlock()
		if !more && c.bufr.Buffered() == 0 {
			e.rest(c.server.idleTimeout())
		}
	}
	return false
}

// hotswapEnds reports whether an answer, whose head is about to be written, is to end its connection. Where a part of
// the request's body is yet to come, a later answer does: to close before would be a reset, which may cost the client
// the answer. RFC 9112, section 9.6.
func hotswapEnds(w *response) bool {
	e, ok := w.conn.r.rwc.(*hotswapConn)
	if !ok {
		return false
	}
	header := w.cw.header
	if header == nil {
		header = w.handlerHeader
	}
	e.headed.Store(true)
	e.events.Store(hotswapReconnects(w.req) && strings.HasPrefix(header.get("Content-Type"), "text/event-stream") &&
		!header.has("Content-Encoding"))
	o := e.h.order.Load()
	if w.closeAfterReply {
		e.closing.Store(true)
	}
	if o == nil || e.may(o) || w.closeAfterReply || w.fullDuplex || w.status == StatusSwitchingProtocols {
		return false
	}
	if b, ok := any(w.reqBody).(*body); ok && b != nil {
		if !b.mu.TryLock() {
			return false
		}
		defer b.mu.Unlock()
		if !b.sawEOF {
			return false
		}
	}
	e.closing.Store(true)
	return true
}
