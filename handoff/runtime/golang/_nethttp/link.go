//go:build (linux || darwin || freebsd) && !386

package http

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "unsafe" // for linkname: package net has these functions
)

// say sends a line, or has it wait until hotswap reads. h.mu is held.
func (h *hotswapProcess) say(parts ...string) {
	h.out = append(append(h.out, strings.Join(parts, "")...), '\n')
	h.flush()
}

// flush sends what waits, as far as there is room. h.mu is held.
func (h *hotswapProcess) flush() {
	hotswapControl(h.link, func(link int) {
		if n, err := syscall.Write(link, h.out); n > 0 {
			h.out = h.out[n:]
		} else if err != nil && err != syscall.EAGAIN && err != syscall.EINTR || len(h.out) > hotswapRoom {
			h.over = true // read hears it, too
		}
	})
}

// give sends a connection's descriptor, and reports whether it has. It never waits, because the client may send a request meanwhile.
func (h *hotswapProcess) give(e *hotswapConn) (sent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || len(h.out) > 0 || len(h.given) == hotswapMost {
		return false
	}
	line := []byte(`{"type":"move","at":` + hotswapQuote(e.of.place()) + "}\n")
	hotswapControl(e.Conn, func(fd int) {
		hotswapControl(h.link, func(link int) {
			n, err := syscall.SendmsgN(link, line, syscall.UnixRights(fd), nil, syscall.MSG_DONTWAIT)
			if sent = err == nil; sent && n < len(line) {
				h.out = append(h.out, line[n:]...)
			}
		})
	})
	if sent {
		h.given = append(h.given, e)
	}
	return sent
}

// read obeys hotswap until the connection ends, and with it every order.
func (h *hotswapProcess) read() {
	hotswapRead(h.link, h.obey)
	h.order.Store(nil)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	for _, e := range h.given {
		e.got <- true // hotswap may have it
	}
	h.given = nil
}

func (h *hotswapProcess) obey(line string, fd int) {
	switch id := hotswapField(line, "id"); hotswapField(line, "type") {
	case "drain":
		is := func(name string) bool { return hotswapField(line, name) == "true" }
		h.order.Store(&hotswapOrder{is("moves"), is("serves"), is("next"), strings.Contains(line, `"websocket":`)})
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
		h.looks <- hotswapField(line, "seq")
	case "got":
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.given) > 0 {
			h.given[0].got <- hotswapField(line, "lost") != "true"
			h.given = h.given[1:]
		}
		h.stir()
	case "conn":
		why := h.adopt(line, id, fd)
		h.mu.Lock()
		defer h.mu.Unlock()
		if why != "" {
			h.say(`{"type":"taken","id":`, id, `,"error":"`, why, `"}`)
		}
	case "take":
		syscall.Close(fd)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.say(`{"type":"taken","id":`, id, `,"error":"no connection of this kind is taken"}`)
	}
}

// adopt has a server serve a connection of another process as one that it has just accepted, or returns why none does. The answer leaves
// before the first byte is read: afterwards no other process may get the connection, however late it is.
func (h *hotswapProcess) adopt(line, id string, fd int) (why string) {
	if fd < 0 {
		return "the socket did not arrive"
	}
	file := os.NewFile(uintptr(fd), "hotswap")
	rw, err := net.FileConn(file)
	file.Close()
	if err != nil {
		return "the socket did not arrive"
	}
	at, stays := hotswapField(line, "at"), hotswapField(line, "stays") == "true"
	until, _ := strconv.ParseInt(hotswapField(line, "untilMs"), 10, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		switch {
		case !l.plain || l.place() != at || !l.open():
		case time.Now().UnixMilli() >= until:
			rw.Close()
			return "it came too late"
		default:
			h.say(`{"type":"taken","id":`, id, `}`)
			h.pending++
			go h.serve(l, rw, id, stays)
			return ""
		}
	}
	rw.Close()
	return "nobody listens there"
}

// serve does for the connection what Server.Serve does for one that it has accepted.
func (h *hotswapProcess) serve(l *hotswapListener, rw net.Conn, id string, stays bool) {
	ctx := l.ctx
	if l.server.ConnContext != nil {
		if ctx = hotswapContext(l.server, ctx, rw); ctx == nil {
			panic("ConnContext returned nil")
		}
	}
	c := l.server.newConn(rw)
	c.setState(rw, StateNew, runHooks)
	h.mu.Lock()
	h.pending--
	if e := h.conns[c]; e != nil {
		e.adopted = id
		e.stays.Store(stays)
	}
	h.mu.Unlock()
	c.setState(rw, StateIdle, skipHooks) // Shutdown would wait some seconds for one that is new
	c.serve(ctx)
}

//go:linkname hotswapDial net.hotswapDial
func hotswapDial() *net.UnixConn

//go:linkname hotswapRead net.hotswapRead
func hotswapRead(link *net.UnixConn, obey func(line string, fd int))

//go:linkname hotswapField net.hotswapField
func hotswapField(line, name string) string

// hotswapQuote returns a text as JSON has it.
func hotswapQuote(s string) string {
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = fmt.Appendf(b, `\u%04x`, c)
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
