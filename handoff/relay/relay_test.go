package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// listen is a listener of this machine.
func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	l := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func accept(t *testing.T, l *net.TCPListener) *net.TCPConn {
	t.Helper()
	_ = l.SetDeadline(time.Now().Add(testkit.Patience))
	c := testkit.Must(l.AcceptTCP())(t)
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(testkit.Patience))
	return c
}

// passed returns a client that waited at a gate, and the server to which the relay has passed it on.
func passed(t *testing.T, r *Relay) (client, server *net.TCPConn) {
	t.Helper()
	gate, serves := listen(t), listen(t)
	inner := r.dial
	r.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr != gate.Addr().String() {
			t.Errorf("dials %s, the client asked for %s", addr, gate.Addr())
		}
		return inner(ctx, network, serves.Addr().String())
	}
	c := testkit.Dial(t, gate.Addr().String())
	waits := accept(t, gate)
	f := testkit.Must(waits.File())(t)
	defer f.Close()
	fd := testkit.Must(syscall.Dup(int(f.Fd())))(t)
	waits.Close()
	r.Pass(fd, "")
	return c.(*net.TCPConn), accept(t, serves)
}

func ended(t *testing.T, r *Relay) {
	t.Helper()
	for end := time.Now().Add(testkit.Patience); r.Room() != r.limit; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the relay does not end")
		}
	}
}

// The request ends with the client's side, the answer with the server's.
func TestBothWaysWithHalfClose(t *testing.T) {
	r := New()
	client, server := passed(t, r)
	if r.Room() != r.limit-1 {
		t.Errorf("room for %d of %d", r.Room(), r.limit)
	}
	request, answer := bytes.Repeat([]byte("ask"), 1<<20), bytes.Repeat([]byte("answer"), 1<<20)
	go func() {
		_, _ = client.Write(request)
		_ = client.CloseWrite()
	}()
	if got, err := io.ReadAll(server); err != nil || !bytes.Equal(got, request) {
		t.Fatalf("the server got %d bytes, %v", len(got), err)
	}
	go func() {
		_, _ = server.Write(answer)
		server.Close()
	}()
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, answer) {
		t.Fatalf("the client got %d bytes, %v", len(got), err)
	}
	ended(t, r)
}

func TestServerResets(t *testing.T) {
	r := New()
	client, server := passed(t, r)
	// The relay has connected for certain, and would not try again.
	_, _ = client.Write([]byte("x"))
	testkit.Must(server.Read(make([]byte, 1)))(t)
	_ = server.SetLinger(0)
	server.Close()
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client hears %v", err)
	}
	ended(t, r)
}

func TestServerThatComesLater(t *testing.T) {
	r := New()
	inner, refused := r.dial, 0
	r.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		refused++
		if refused < 3 {
			return nil, syscall.EMFILE
		}
		return inner(ctx, network, addr)
	}
	_, server := passed(t, r)
	server.Close()
	r.Finish(testkit.Patience)
}

// Who is answered when the program ends gets the rest; who only stays connected
// keeps nobody.
func TestFinish(t *testing.T) {
	r := New()
	client, server := passed(t, r)
	// Accepted is not yet connected, to the one who dials: a byte shows it.
	_, _ = client.Write([]byte("?"))
	testkit.Must(io.ReadFull(server, make([]byte, 1)))(t)
	finished := make(chan struct{})
	go func() { r.Finish(testkit.Patience); close(finished) }()
	<-r.ctx.Done()
	_, _ = server.Write([]byte("the last"))
	server.Close()
	if got, err := io.ReadAll(client); string(got) != "the last" || err != nil {
		t.Errorf("the client got %q %v", got, err)
	}
	select {
	case <-finished: // although the client has not closed
	case <-time.After(testkit.Patience):
		t.Error("a client that stays keeps the relay")
	}
}

// Who comes when the relay finishes is closed at once: nothing would wait for the copying.
func TestJoinBehindFinish(t *testing.T) {
	r := New()
	r.limit = 0
	r.Finish(0)
	client, far := net.Pipe()
	server, behind := net.Pipe()
	r.Join(client, server)
	for _, c := range []net.Conn{far, behind} {
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%v", err)
		}
	}
}

func TestFinishDoesNotWaitForEver(t *testing.T) {
	r := New()
	client, server := passed(t, r)
	done := make(chan struct{})
	go func() { r.Finish(50 * time.Millisecond); close(done) }()
	select {
	case <-done:
	case <-time.After(testkit.Patience):
		t.Fatal("it waits for ever")
	}
	for _, c := range []net.Conn{client, server} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("one side is open")
		}
	}
}
