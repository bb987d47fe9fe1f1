package relay

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Relay copies between clients and the server. Its methods may be called from any goroutine.
type Relay struct {
	limit  int             // of clients, each with two descriptors
	ctx    context.Context // until Finish
	cancel context.CancelFunc
	over   context.Context // until no client may stay
	end    context.CancelFunc
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)

	clients atomic.Int64
	tasks   sync.WaitGroup // one for each client
}

// stream is a TCP connection, or one of a unix socket.
type stream interface {
	net.Conn
	CloseWrite() error
}

// New returns a relay without clients.
func New() *Relay {
	r := &Relay{limit: rights.Share(4096), dial: (&net.Dialer{}).DialContext}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.over, r.end = context.WithCancel(context.Background())
	return r
}

// Room returns how many more clients the relay takes now, because each costs descriptors.
func (r *Relay) Room() int { return max(0, r.limit-int(r.clients.Load())) }

// Pass relays an accepted connection, of a unix socket if there is a path, and reports whether it does. The server
// takes the client for one of this machine, and of hotswap's user. So all others are closed without an answer. The
// relay then owns the descriptor. It does not pass on what a client sends besides bytes (SCM_RIGHTS).
func (r *Relay) Pass(fd int, path string) bool {
	f := os.NewFile(uintptr(fd), "client")
	conn, err := net.FileConn(f) // a duplicate
	f.Close()
	if err != nil {
		return false
	}
	client := conn.(stream)
	if !mayPass(client) {
		client.Close()
		return false
	}
	if tcp, ok := client.(*net.TCPConn); ok {
		_ = tcp.SetKeepAlive(true) // ends the connection of a client that has vanished
	}
	r.start(func() {
		// The kernel steers a new connection to the client's address to the serving generation.
		server, err := r.reach(client, path)
		if err != nil {
			reset(client)
			client.Close()
			return
		}
		r.join(client, server)
	})
	return true
}

// Join copies between a client and a server, both of a unix socket, until both are done. It blocks while there is no
// room.
func (r *Relay) Join(client, server net.Conn) {
	for r.Room() == 0 && wait.For(r.ctx, wait.Poll) == nil {
	}
	if r.ctx.Err() != nil { // Finish waits for the tasks that have started
		_, _ = client.Close(), server.Close()
		return
	}
	r.start(func() { r.join(client.(stream), server.(stream)) })
}

func (r *Relay) start(serve func()) {
	r.clients.Add(1)
	r.tasks.Go(func() {
		defer r.clients.Add(-1)
		serve()
	})
}

// mayPass reports whether the client is one of this machine, or of hotswap's user.
func mayPass(client stream) bool {
	switch client := client.(type) {
	case *net.TCPConn:
		from, to := client.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(),
			client.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
		return from == to || sockdiag.IsOwn(from)
	case *net.UnixConn:
		uid, _, err := peercred.Of(client)
		return err == nil && uid == os.Geteuid()
	}
	return false
}

// join copies until both are done, and closes both.
func (r *Relay) join(client, server stream) {
	defer context.AfterFunc(r.over, func() {
		_, _ = client.SetDeadline(time.Unix(1, 0)), server.SetDeadline(time.Unix(1, 0))
	})()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		// The server answers what it has got. If the client is gone, writing to it fails.
		_ = pass(server, client)
		_ = server.CloseWrite()
	}()
	if pass(client, server) != nil {
		// One of the two was reset: reset the other.
		reset(client)
		reset(server)
	} else {
		_ = client.CloseWrite()
		// as the kernel allows an orphaned connection (tcp_fin_timeout)
		_ = client.SetReadDeadline(time.Now().Add(wait.Command))
		_ = wait.On(r.ctx, asked)
	}
	_, _ = client.Close(), server.Close()
	<-asked
}

// pass copies through a buffer. TCPConn.ReadFrom would splice(2) through a pipe, which the runtime keeps
// until the garbage collector has run twice: minutes in an idle process, with two pipes for each client.
func pass(to, from stream) error {
	_, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
	return err
}

// reset has the other side of a TCP connection see a reset when the connection is closed.
func reset(conn stream) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// reach connects to where the client has connected: at a path, unless that is "".
func (r *Relay) reach(client stream, path string) (stream, error) {
	network, addr := "tcp", client.LocalAddr().String()
	if path != "" {
		network, addr = "unix", path
	}
	// the server's queue may be full, or descriptors may be short for a moment
	ctx, cancel := context.WithTimeout(r.ctx, wait.Patience)
	defer cancel()
	for {
		conn, err := r.dial(ctx, network, addr)
		if err == nil {
			return conn.(stream), nil
		}
		if wait.For(ctx, wait.Poll) != nil {
			return nil, err
		}
	}
}

// Finish blocks until no client is left, and ends those that are left after patience. Call it when the
// servers have ended: only what they sent last is still on its way to the clients.
func (r *Relay) Finish(patience time.Duration) {
	r.cancel()
	defer time.AfterFunc(patience, r.end).Stop()
	r.tasks.Wait()
}
