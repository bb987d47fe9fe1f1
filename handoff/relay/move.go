package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Move answers the next request on a client's kept connection, and ends the connection then, as the answer tells the
// client. The caller has read the head of the request and perhaps more. rest bytes of the request follow in the
// socket, or will; then the old process must have closed the connection. The relay does not answer what the client
// sends behind the request.
//
// The relay then owns the descriptor, a duplicate of the old process's. As long as that process has the connection,
// too, SO_RCVLOWAT (socket(7)) stays high, so that input wakes neither that process nor the relay. If more of the
// request is to come, input must wake the relay, and no other process is left that would read the request.
//
// endless reports whether the answer is an event stream of a client that comes back after its end.
func (r *Relay) Move(cookie uint64, fd int, request []byte, rest int64) (endless func() bool) {
	if rest > 0 {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1) // it fails only if the connection has ended
	}
	l := &link{cookie: cookie}
	r.add(l)
	go func() {
		defer r.drop(l)
		// Nobody else has the client's request: it waits where descriptors are short for a moment.
		client, err := connOf(r.ctx, fd, wait.Patience)
		if err != nil {
			return
		}
		r.mu.Lock()
		l.client = client
		r.mu.Unlock()
		defer r.end(client)
		r.answer(l, request, rest)
	}()
	return l.endless.Load
}

// Has reports whether the relay has a client's kept connection, by the kernel's name of the socket.
func (r *Relay) Has(cookie uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.links {
		if l.cookie == cookie {
			return true
		}
	}
	return false
}

// Made reports whether a connection to a server, with this address at its other end, is the relay's.
func (r *Relay) Made(client netip.AddrPort) bool {
	client = netip.AddrPortFrom(client.Addr().Unmap(), client.Port())
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.links {
		if l.server != nil && l.server.LocalAddr().String() == client.String() {
			return true
		}
	}
	return false
}

// answer passes one request on, and its answer back.
func (r *Relay) answer(l *link, request []byte, rest int64) {
	head := request[:headEnd(request)]
	reconnecting := reconnects(head)
	server, err := r.reach(l)
	if err != nil {
		return
	}
	defer server.Close()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		_, err := server.Write(append(closing(head), request[len(head):]...))
		if err == nil {
			_, err = io.CopyN(server, struct{ io.Reader }{l.client}, rest) // see pass
		}
		if more, wrong := waitOn(l.client); err != nil || wrong != nil || !more {
			_ = server.CloseWrite()
		}
	}()
	if l.passAnswer(server, reconnecting) != nil {
		return
	}
	_ = l.client.CloseWrite()
	_ = l.client.SetReadDeadline(time.Now().Add(wait.Answer))
	stop := context.AfterFunc(r.ctx, func() { _ = l.client.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	<-asked
	// A connection that is closed with input unread ends by a reset, which may overtake the answer.
	for more, err := true, error(nil); more && err == nil; {
		if more, err = waitOn(l.client); more {
			_, err = l.client.Read(make([]byte, 64<<10))
		}
	}
}

// passAnswer copies the answer, and what comes before it.
func (l *link) passAnswer(server stream, reconnects bool) error {
	client := l.client
	var from io.Reader = server
	for {
		head, rest, err := readHead(from)
		if err != nil {
			_, wrong := client.Write(rest) // it is no HTTP, or has a very long head
			if wrong == nil && errors.Is(err, errHead) {
				_, wrong = pass(client, server)
			}
			return wrong
		}
		if !isInterim(head) {
			l.endless.Store(reconnects && isEventStream(head))
			if _, err := client.Write(append(closing(head), rest...)); err != nil {
				return err
			}
			_, err := pass(client, server)
			return err
		}
		if _, err := client.Write(head); err != nil {
			return err
		}
		from = io.MultiReader(bytes.NewReader(rest), server)
	}
}

// end ends the connection also for the old process.
func (*Relay) end(client stream) {
	if raw, err := client.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
}

// waitOn waits until the client ends its side, and reports whether there is input instead. While SO_RCVLOWAT is high,
// input that comes later does not end the wait: only the client's end and a deadline do.
func waitOn(client stream) (more bool, err error) {
	raw, err := client.SyscallConn()
	if err != nil {
		return false, err
	}
	var wrong error
	err = raw.Read(func(fd uintptr) bool {
		var n int
		n, _, wrong = unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		more = n > 0
		return wrong != unix.EAGAIN && wrong != unix.EINTR
	})
	return more, errors.Join(err, wrong)
}
