//go:build (linux || darwin) && !386

package http

import (
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// hotswapConn is a connection, and what its requests are read from.
type hotswapConn struct {
	net.Conn
	h      *hotswapProcess
	c      *conn
	of     *hotswapListener // nil: unknown
	raw    syscall.RawConn  // nil: somebody has wrapped it
	got    chan bool        // whether hotswap has the descriptor; of capacity 1
	until  time.Time        // when the wait for the next request ends; zero: never. Its goroutine owns this
	began  time.Time        // when it was accepted
	parsed atomic.Bool      // it speaks HTTP/1
	// it is between two requests: nothing of the next one was read, and nothing of an answer is left
	between atomic.Bool
	closing atomic.Bool // the client knows that no further request is answered
	headed  atomic.Bool // the head of the answer was written
	fresh   atomic.Bool // it has brought no request yet
	stays   atomic.Bool // it has come back from hotswap, because no other process has taken it
	// the number by which it came from another process; 0: it did not. Constant when it is served
	adopted int

	rested atomic.Int64 // when the newest answer ended; ns since 1970

	mu    sync.Mutex // guards woken, and the end of between
	woken bool       // its wait was ended for a moment

	// that had arrived or were acknowledged when the adapter looked last; the look owns this and flowed
	passed uint64
	flowed time.Time // when that number grew

	events atomic.Bool // an event stream of EventSource is under way
	writes sync.Mutex  // held while the program writes to one; guards what follows
	answer *response   // to EventSource; nil: none is under way
	tail   string      // the last four bytes of it
	ended  bool        // the client has all that it gets
}

// rest has the connection wait for its next request.
func (e *hotswapConn) rest(timeout time.Duration) {
	e.until = time.Time{}
	now := time.Now()
	if timeout > 0 {
		e.until = now.Add(timeout)
	}
	e.rested.Store(now.UnixNano())
	e.headed.Store(false)
	e.between.Store(true)
	if e.h.order.Load() != nil {
		e.h.stir()
	}
}

// owned tells hotswap that it needs its descriptor no longer, which would hide the end from the client. It reports
// whether the connection had waited for its first request here.
func (e *hotswapConn) owned() bool {
	if !e.fresh.Swap(false) || e.adopted == 0 {
		return false
	}
	hotswapSay(`{"type":"owned","id":%d}`, e.adopted)
	return true
}

// Read reads for the server. Between two requests it hands the connection over if that is due, and reports its end.
func (e *hotswapConn) Read(p []byte) (int, error) {
	if !e.between.Load() {
		return e.Conn.Read(p)
	}
	if e.adopted != 0 && e.fresh.Load() { // it waits as behind an answer
		e.rest(e.c.server.idleTimeout())
		e.Conn.SetReadDeadline(e.until)
	}
	for {
		o := e.h.order.Load()
		if o != nil && e.leaves(o) {
			return 0, io.EOF
		}
		n, again, err := e.next(p, o)
		e.mu.Lock()
		woken := e.woken
		e.woken = false
		if woken {
			e.Conn.SetReadDeadline(e.until)
		}
		e.mu.Unlock()
		if n > 0 && e.owned() {
			e.until = time.Time{}
			if d := e.c.server.readHeaderTimeout(); d > 0 {
				e.until = time.Now().Add(d)
			}
			e.Conn.SetReadDeadline(e.until)
		}
		if timeout, ok := err.(net.Error); again || n == 0 && woken && ok && timeout.Timeout() && (e.until.IsZero() ||
			time.Now().Before(e.until)) {
			continue
		}
		return n, err
	}
}

// next waits for the first bytes of a request, and reads nothing if there is another order by then, by which the
// connection moves: again. Whoever holds mu sees the bytes in the kernel, or the end of between.
func (e *hotswapConn) next(p []byte, was *hotswapMessage) (n int, again bool, err error) {
	if e.raw == nil {
		n, err = e.Conn.Read(p)
		if n > 0 {
			e.between.Store(false)
		}
		return n, false, err
	}
	if late := e.raw.Read(func(fd uintptr) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if o := e.h.order.Load(); o != nil && o != was && e.may(o) {
			again, err = true, nil
			return true
		}
		for n, err = syscall.Read(int(fd), p); err == syscall.EINTR; n, err = syscall.Read(int(fd), p) {
		}
		if n > 0 {
			e.between.Store(false)
		}
		return err != syscall.EAGAIN
	}); late != nil {
		err = late
	}
	switch {
	case err != nil:
		return 0, false, &net.OpError{Op: "read", Net: "tcp", Err: err}
	case n == 0 && !again:
		return 0, false, io.EOF
	}
	return n, again, nil
}

// may reports whether the connection moves when it is between two requests.
func (e *hotswapConn) may(o *hotswapMessage) bool {
	return o.Moves && e.raw != nil && e.of != nil && !e.stays.Load() && !e.closing.Load()
}

// leaves hands the connection over, and reports whether hotswap has it.
func (e *hotswapConn) leaves(o *hotswapMessage) bool {
	if !e.may(o) || !e.h.give(e) {
		return false
	}
	if !<-e.got {
		e.stays.Store(true)
		return false
	}
	return true
}

// wake ends the wait for the next request for a moment.
func (e *hotswapConn) wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.between.Load() { // again, too: the server may just have set its own deadline
		e.woken = true
		e.Conn.SetReadDeadline(aLongTimeAgo)
	}
}

// arrived reports whether a byte of the next request has come, read or not.
func (e *hotswapConn) arrived() (yes bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	yes = !e.between.Load()
	if !yes && e.raw != nil {
		e.raw.Control(func(fd uintptr) {
			n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			yes = err == nil && n > 0
		})
	}
	return yes
}

// flows reports whether a byte has left or arrived within a time, as far as the kernel tells (tcp_info in linux/tcp.h).
func (e *hotswapConn) flows(now time.Time, within time.Duration) bool {
	under := e.Conn
	if t, ok := under.(*tls.Conn); ok {
		under = t.NetConn()
	}
	if c, ok := under.(syscall.Conn); ok && runtime.GOOS == "linux" {
		if raw, err := c.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) {
				var info [32]uint64
				size := uint32(len(info) * 8)
				_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, 11,
					uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
				// tcpi_bytes_acked, tcpi_bytes_received
				if passed := info[15] + info[16]; errno == 0 && passed != e.passed {
					e.passed, e.flowed = passed, now
				}
			})
		}
	}
	return now.Sub(e.flowed) < within
}

func hotswapPlain(c net.Conn) bool {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		return true
	}
	return false
}
