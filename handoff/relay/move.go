package relay

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	lookEvery = 500 * time.Microsecond // for input on a connection that an old process still has
	lookMost  = 5 * time.Millisecond   // the same when none has come for a while
	closeTime = 5 * time.Second        // a client that was told of the end may take so long to end its side
)

// Move answers the next request on a client's kept connection, and ends the connection then, as the client is told
// in the answer. input is what was read of it. The relay then owns the descriptor, a duplicate of one that an old
// process has. Input does not wake that process (SO_RCVLOWAT), nor the relay, which asks for it again and again.
//
// endless reports whether the answer is an event stream of a client that comes back after its end.
func (r *Relay) Move(cookie uint64, fd int, input []byte) (endless func() bool) {
	client, err := connOf(fd)
	l := &link{client: client, cookie: cookie}
	if err != nil {
		return l.endless.Load
	}
	r.add(l)
	go func() {
		defer r.drop(l)
		defer r.end(client)
		r.answer(l, io.MultiReader(bytes.NewReader(input), patient{client}))
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

// answer passes one request on, and its answer back.
func (r *Relay) answer(l *link, from io.Reader) {
	_ = l.client.SetReadDeadline(time.Now().Add(connecting))
	head, body, err := readHead(from)
	if err != nil {
		return // the client has gone
	}
	_ = l.client.SetReadDeadline(time.Time{})
	server, err := r.reach(l)
	if err != nil {
		return
	}
	defer server.Close()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if _, err := server.Write(append(closing(head), body...)); err == nil {
			_, _ = io.Copy(server, from)
		}
		_ = server.CloseWrite()
	}()
	if l.passAnswer(server, reconnects(head)) != nil {
		return
	}
	_ = l.client.CloseWrite()
	_ = l.client.SetReadDeadline(time.Now().Add(closeTime))
	select {
	case <-asked:
	case <-r.ctx.Done():
		_ = l.client.SetReadDeadline(time.Unix(1, 0))
		<-asked
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

// patient reads from a connection whose input wakes nobody.
type patient struct{ client stream }

func (p patient) Read(b []byte) (n int, err error) {
	raw, err := p.client.SyscallConn()
	if err != nil {
		return 0, err
	}
	for pause := lookEvery; ; pause = min(pause+pause/16, lookMost) {
		var wrong error
		if err := raw.Read(func(fd uintptr) bool {
			n, _, wrong = unix.Recvfrom(int(fd), b, unix.MSG_DONTWAIT)
			return true
		}); err != nil {
			return 0, err // the deadline
		}
		switch {
		case wrong == nil && n > 0:
			return n, nil
		case wrong == nil:
			return 0, io.EOF
		case !errors.Is(wrong, unix.EAGAIN) && !errors.Is(wrong, unix.EINTR):
			return 0, os.NewSyscallError("recvfrom", wrong)
		}
		time.Sleep(pause)
	}
}
