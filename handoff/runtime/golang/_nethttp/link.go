//go:build (linux || darwin) && !386

package http

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	_ "unsafe" // for linkname: package net has these functions
)

// give sends a connection's descriptor, and reports whether it has. It never waits, because the client may send a
// request meanwhile.
func (h *hotswapProcess) give(e *hotswapConn) (sent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.given) == hotswapMost {
		return false
	}
	at, _ := json.Marshal(e.of.place())
	e.raw.Control(func(fd uintptr) {
		sent = hotswapGive(int(fd), fmt.Appendf(nil, "{\"type\":\"move\",\"at\":%s}\n", at))
	})
	if sent {
		h.given = append(h.given, e)
	}
	return sent
}

// obey obeys a line of hotswap's; "": hotswap has gone.
func (h *hotswapProcess) obey(line string, fd int) {
	var m hotswapMessage
	json.Unmarshal([]byte(line), &m)
	switch m.Type {
	case "":
		h.order.Store(nil)
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, e := range h.given {
			e.got <- true // hotswap may have it
		}
		h.given = nil
	case "drain":
		h.order.Store(&m)
		h.mu.Lock()
		h.sent = "" // what was said is not known of this drain
		h.mu.Unlock()
		h.stir()
	case "resume":
		h.order.Store(nil)
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, e := range h.conns {
			e.stays.Store(false)
		}
	case "look":
		h.lookOnce(m.Seq)
	case "got":
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.given) > 0 {
			h.given[0].got <- !m.Lost
			h.given = h.given[1:]
		}
		h.stir()
	case "conn":
		if why := h.adopt(m, fd); why != "" {
			hotswapSay(`{"type":"taken","id":%d,"error":%q}`, m.ID, why)
		}
	case "take":
		syscall.Close(fd)
		hotswapSay(`{"type":"taken","id":%d,"error":"no connection of this kind is taken"}`, m.ID)
	}
}

// adopt has a server serve a connection of another process as one that it has just accepted, or returns why none does.
// The answer leaves before the first byte is read: afterwards no other process may get the connection, however late it
// is.
func (h *hotswapProcess) adopt(m hotswapMessage, fd int) (why string) {
	if fd < 0 {
		return "the socket did not arrive"
	}
	file := os.NewFile(uintptr(fd), "hotswap")
	rw, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return "the socket did not arrive"
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		switch {
		case !l.plain || l.place() != m.At || !l.open():
		case time.Now().UnixMilli() >= m.UntilMS:
			rw.Close()
			return "it came too late"
		default:
			hotswapSay(`{"type":"taken","id":%d}`, m.ID)
			h.pending++
			go h.serve(l, rw, m)
			return ""
		}
	}
	rw.Close()
	return "nobody listens there"
}

// serve does for the connection what Server.Serve does for one that it has accepted.
func (h *hotswapProcess) serve(l *hotswapListener, rw net.Conn, m hotswapMessage) {
	ctx := l.ctx
	if l.server.ConnContext != nil {
		ctx = hotswapContext(l.server, ctx, rw)
		if ctx == nil {
			panic("ConnContext returned nil")
		}
	}
	c := l.server.newConn(rw)
	c.setState(rw, StateNew, runHooks)
	h.mu.Lock()
	h.pending--
	if e := h.conns[c]; e != nil {
		e.adopted = m.ID
		e.stays.Store(m.Stays)
	}
	h.mu.Unlock()
	c.setState(rw, StateIdle, skipHooks) // Shutdown would wait some seconds for one that is new
	c.serve(ctx)
}

//go:linkname hotswapJoin net.hotswapJoin
func hotswapJoin(obey func(line string, fd int)) bool

//go:linkname hotswapSay net.hotswapSay
func hotswapSay(format string, args ...any)

//go:linkname hotswapGive net.hotswapGive
func hotswapGive(fd int, line []byte) bool
