package reuseport

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// world of datagrams: a registry over the real kernel.
type datagrams struct {
	t *testing.T
	r *Registry
	e handoff.Endpoint
}

func newDatagrams(t *testing.T, ip string) datagrams {
	d := datagrams{t, NewRegistry(kernel), datagramEndpoint(t, ip)}
	t.Cleanup(d.r.Close)
	return d
}

// bind is a bind(2) of the generation's, and returns the program's descriptor.
func (d datagrams) bind(gen handoff.GenID) (fd int) {
	d.t.Helper()
	fd = gates(d.t, d.e, 1)[0]
	inode, user, _ := kernel.Inode(fd)
	open := sockets.Open{} // all gates
	for gate := range d.r.gates {
		open[gate] = sockets.Descriptor{FD: 1}
	}
	plan, err := d.r.Bind(BindRequest{Gen: gen, Endpoint: d.e, Inode: inode, User: user, Inspectable: true,
		ReusePort: true, Open: open})
	if err != nil || plan.Action != Share {
		d.t.Fatal(plan, err)
	}
	dup := testkit.Must(unix.Dup(fd))(d.t)
	testkit.Must(d.r.Listen(ListenRequest{Gen: gen, Endpoint: d.e, Inode: inode, Dup: dup}))(d.t)
	return fd
}

// all checks that every client's datagrams go to that socket.
func (d datagrams) all(clients []int, fds []int, want int) {
	d.t.Helper()
	for _, at := range reached(d.t, clients, fds...) {
		if at != want {
			d.t.Errorf("%s: a datagram went to socket %d, want %d", d.e.Addr.Addr(), at, want)
		}
	}
}

// A program's socket that connects is its own, and the others keep their places. A server of DTLS connects the socket
// that got a client's first datagram, and binds another one for new clients.
func TestConnectedDatagramSocketIsLetGo(t *testing.T) {
	for i, ip := range []string{"127.0.0.1", "0.0.0.0", "::1", "::", "::", "0.0.0.0"} {
		d := newDatagrams(t, ip)
		clients := senders(t, d.e, 20)
		server := d.bind(1)
		session := d.bind(1)
		first := 0
		if i >= 4 { // the socket that was bound first connects
			server, session, first = session, server, 1
		}
		d.all(clients, []int{server, session}, first) // the second one is not used yet
		peer, _ := unix.Getsockname(clients[0])
		testkit.NoError(t, unix.Connect(session, peer))
		if i < 4 {
			d.steerPastClosed()
			if n := len(d.r.gates); n != 1 {
				t.Errorf("%d gates", n)
			}
			d.all(clients[:1], []int{server, session}, 1)
			d.all(clients[1:], []int{server, session}, 0)
		}
		next := d.bind(2)
		if i >= 4 {
			d.all(clients[:1], []int{server, session, next}, 1)
			d.all(clients[1:], []int{server, session, next}, 0)
		}
		_, _, err := d.r.Cutover(2)
		testkit.NoError(t, err)
		d.all(clients[:1], []int{next, session}, 1)
		d.all(clients[1:], []int{server, session, next}, 2)
		_ = unix.Close(session) // moves the last into its place, if it had one
		_, _, err = d.r.Cutover(2)
		testkit.NoError(t, err)
		d.all(clients, []int{server, next}, 1)
	}
}

// steerPastClosed is what WatchClosed does.
func (d datagrams) steerPastClosed() {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	d.r.steerPastClosedLocked(1)
}
