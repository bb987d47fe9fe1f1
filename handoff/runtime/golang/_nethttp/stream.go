//go:build (linux || darwin) && !386

package http

import (
	"strings"
	"time"
)

// hotswapReconnects reports whether a request is one of EventSource, which connects again after any end of its stream:
// a GET that accepts events and is not to be answered from a cache.
func hotswapReconnects(r *Request) bool {
	if r.Method != "GET" || !strings.HasPrefix(r.Header.get("Accept"), "text/event-stream") {
		return false
	}
	cache := strings.ToLower(r.Header.get("Cache-Control"))
	return strings.Contains(cache, "no-cache") || strings.Contains(cache, "no-store")
}

// hotswapWrites notes what the program writes to an EventSource, and returns its connection with writes held; nil:
// another one asks.
func hotswapWrites(w *response, data []byte, text string) *hotswapConn {
	e, ok := w.conn.r.rwc.(*hotswapConn)
	if !ok || !hotswapReconnects(w.req) {
		return nil
	}
	e.writes.Lock()
	if e.answer != w {
		e.answer, e.tail, e.ended = w, "", false
	}
	tail := e.tail + string(data[max(0, len(data)-4):]) + text[max(0, len(text)-4):]
	e.tail = tail[max(0, len(tail)-4):]
	return e
}

// hotswapFinishes says that the program writes nothing more. In a drain nothing is read from here on until the
// connection has had the chance to move: a client that never pauses sends its next request when it has the end of this
// answer, which is not flushed yet.
func hotswapFinishes(c *conn) {
	if c.r == nil {
		return
	}
	e, ok := c.r.rwc.(*hotswapConn)
	if ok && e.h.order.Load() != nil {
		c.r.abortPendingRead()
	}
	if ok && e.events.Swap(false) {
		e.writes.Lock()
		e.answer = nil
		e.writes.Unlock()
	}
}

// endStream ends an event stream between two events: an empty line ends each. The program sees the client leave, and
// what it writes later is dropped.
func (e *hotswapConn) endStream() {
	if !e.writes.TryLock() { // the program writes
		return
	}
	defer e.writes.Unlock()
	e.c.mu.Lock()
	defer e.c.mu.Unlock()
	w, tail := e.answer, strings.ReplaceAll(strings.ReplaceAll(e.tail, "\r\n", "\n"), "\r", "\n")
	if w == nil || e.ended || e.c.hijackedv || tail != "" && !strings.HasSuffix(tail, "\n\n") {
		return
	}
	e.ended = true
	e.closing.Store(true)
	e.Conn.SetWriteDeadline(time.Now().Add(hotswapExpected))
	w.w.Flush()
	w.cw.close()
	e.c.bufw.Flush()
	if half, ok := e.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	w.cancelCtx()
}
