package relay

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// lingering is how long a client may stay when the server has ended its side. The kernel allows an
// orphaned connection the same (tcp_fin_timeout).
const lingering = time.Minute

// Relay copies between clients and the server. Its methods may be called from any goroutine.
type Relay struct {
	limit  int             // of links, each with two descriptors
	ctx    context.Context // until Finish
	cancel context.CancelFunc
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex // guards what follows
	links map[*link]struct{}
	none  *sync.Cond // links is empty
}

// link is one client. Its fields are guarded by the relay's mutex.
type link struct {
	client, server stream // server is nil until connected
	path           string // of the unix socket at which the client connected; else ""; constant
}

// stream is a TCP connection, or one of a unix socket.
type stream interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

// New returns a relay without clients.
func New() *Relay {
	r := &Relay{limit: rights.Share(4096), links: map[*link]struct{}{}, dial: (&net.Dialer{}).DialContext}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.none = sync.NewCond(&r.mu)
	return r
}

// Room returns how many more clients the relay takes now, because each costs descriptors.
func (r *Relay) Room() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.limit-len(r.links))
}

// Pass relays an accepted connection, of a unix socket if there is a path, and reports whether it does. The server takes
// the client for one of this machine, and of the user as whom the program runs. So all others are closed without an
// answer. The relay then owns the descriptor. It does not pass on what a client sends besides bytes (SCM_RIGHTS).
func (r *Relay) Pass(fd int, path string) bool {
	f := os.NewFile(uintptr(fd), "client")
	conn, err := net.FileConn(f) // a duplicate
	_ = f.Close()
	if err != nil {
		return false
	}
	client := conn.(stream)
	if !mayPass(client) {
		_ = client.Close()
		return false
	}
	if tcp, ok := client.(*net.TCPConn); ok {
		_ = tcp.SetKeepAlive(true) // ends the connection of a client that has vanished
	}
	l := &link{client: client, path: path}
	r.add(l)
	go r.run(l)
	return true
}

// mayPass reports whether the client is one of this machine, or of hotswap's user.
func mayPass(client stream) bool {
	switch client := client.(type) {
	case *net.TCPConn:
		from, to := client.RemoteAddr().(*net.TCPAddr).AddrPort().Addr(), client.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
		return from == to || sockdiag.OwnAddresses().Has(from)
	case *net.UnixConn:
		uid, _, err := peercred.Of(client)
		return err == nil && uid == os.Geteuid()
	}
	return false
}

func (r *Relay) add(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.links[l] = struct{}{}
}

func (r *Relay) run(l *link) {
	defer r.drop(l)
	// The kernel steers a new connection to the client's address to the serving generation.
	server, err := r.reach(l)
	if err != nil {
		reset(l.client)
		return
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		// The server answers what it has got. If the client is gone, writing to it fails.
		_, _ = pass(server, l.client)
		_ = server.CloseWrite()
	}()
	if _, err := pass(l.client, server); err != nil {
		// One of the two was reset: reset the other.
		reset(l.client)
		reset(server)
	} else {
		_ = l.client.CloseWrite()
		_ = l.client.SetReadDeadline(time.Now().Add(lingering))
		_ = wait.On(r.ctx, asked)
	}
	_, _ = l.client.Close(), server.Close()
	<-asked
}

// pass copies through a buffer. TCPConn.ReadFrom would splice(2) through a pipe, which the runtime keeps
// until the garbage collector has run twice: minutes in an idle process, with two pipes for each client.
func pass(to, from stream) (int64, error) {
	return io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
}

// reset has the other side of a TCP connection see a reset when the connection is closed.
func reset(conn stream) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// reach connects to where the client has connected.
func (r *Relay) reach(l *link) (stream, error) {
	network, addr := "tcp", l.client.LocalAddr().String()
	if l.path != "" {
		network, addr = "unix", l.path
	}
	ctx, cancel := context.WithTimeout(r.ctx, wait.Patience) // the server's queue may be full, or descriptors may be short for a moment
	defer cancel()
	for {
		conn, err := r.dial(ctx, network, addr)
		if err == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			l.server = conn.(stream)
			return l.server, nil
		}
		if wait.For(ctx, wait.Look) != nil {
			return nil, err
		}
	}
}

func (r *Relay) drop(l *link) {
	_ = l.client.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.links, l)
	if len(r.links) == 0 {
		r.none.Broadcast()
	}
}

// Finish blocks until no client is left, and ends those that are left after patience. Call it when the
// servers have ended: only what they sent last is still on its way to the clients.
func (r *Relay) Finish(patience time.Duration) {
	r.cancel()
	end := time.AfterFunc(patience, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for l := range r.links {
			_ = l.client.SetDeadline(time.Unix(1, 0))
			if l.server != nil {
				_ = l.server.SetDeadline(time.Unix(1, 0))
			}
		}
	})
	defer end.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.links) > 0 {
		r.none.Wait()
	}
}
