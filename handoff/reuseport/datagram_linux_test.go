package reuseport

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// The tests below pin what the kernel does with groups of UDP sockets, and what the registry makes of it.

func datagramEndpoint(t testing.TB, ip string) handoff.Endpoint {
	t.Helper()
	c, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Skip(err)
	}
	defer c.Close()
	e := handoff.Endpoint{Network: "udp6", Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(c.LocalAddr().(*net.UDPAddr).Port))}
	if e.Addr.Addr().Is4() {
		e.Network = "udp4"
	}
	return e
}

func bind(t testing.TB, fd int, e handoff.Endpoint) {
	t.Helper()
	if err := kernel.Bind(fd, e); err != nil {
		t.Fatal(err)
	}
}

func joined(t testing.TB, e handoff.Endpoint, n int) []int {
	t.Helper()
	fds := gates(t, e, n)
	for _, fd := range fds {
		bind(t, fd, e)
	}
	return fds
}

// sender is a client of the endpoint. It gets answers of the endpoint alone.
func sender(t testing.TB, e handoff.Endpoint) int {
	t.Helper()
	ip := e.Addr.Addr()
	if ip.IsUnspecified() {
		ip = netip.MustParseAddr("127.0.0.1")
		if e.Network == "udp6" {
			ip = netip.IPv6Loopback()
		}
	}
	fd, err := unix.Socket(familyOf(ip), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Connect(fd, sockaddr(ip, int(e.Port()))); err != nil {
		t.Fatal(err)
	}
	return fd
}

// reached sends a datagram from each client, and returns the index in fds that got each: -1 is none. Over loopback
// the kernel puts a datagram into its queue before send(2) returns.
func reached(t testing.TB, clients []int, fds ...int) (out []int) {
	t.Helper()
	for i, c := range clients {
		if _, err := unix.Write(c, []byte(strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
		out = append(out, slices.IndexFunc(fds, func(fd int) bool {
			n, _, err := unix.Recvfrom(fd, make([]byte, 16), unix.MSG_DONTWAIT)
			return err == nil && n > 0
		}))
	}
	return out
}

func senders(t testing.TB, e handoff.Endpoint, n int) (out []int) {
	for range n {
		out = append(out, sender(t, e))
	}
	return out
}

// inOrder checks that the members of the group are the wanted sockets, in that order.
func inOrder(t *testing.T, e handoff.Endpoint, want ...int) {
	t.Helper()
	clients := senders(t, e, 8)
	for i := range want {
		steer(t, want[0], i)
		for _, at := range reached(t, clients, want...) {
			if at != i {
				t.Errorf("index %d: a datagram went to %d of %d", i, at, len(want))
			}
		}
	}
}

// net/ipv4/udp.c, udp_reuseport_add_sock from udp_lib_get_port: a socket joins when it is bound. The next program
// counts from the next datagram on.
func TestDatagramIndexIsTheOrderOfBinding(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "0.0.0.0", "::"} {
		e := datagramEndpoint(t, ip)
		fds := gates(t, e, 4)
		order := []int{fds[2], fds[0], fds[3], fds[1]}
		for _, fd := range order {
			bind(t, fd, e)
		}
		inOrder(t, e, order...)
	}
}

// udp_lib_unhash calls reuseport_detach_sock when the last descriptor is closed, and shutdown(2) does not.
func TestClosingADatagramSocketMovesTheLastIntoTheHole(t *testing.T) {
	e := datagramEndpoint(t, "127.0.0.1")
	fds := joined(t, e, 5)
	extra, err := unix.Dup(fds[1])
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fds[1])
	_ = kernel.Shutdown(extra)
	_ = unix.Shutdown(extra, unix.SHUT_RDWR)
	steer(t, fds[0], 4)
	if got := reached(t, senders(t, e, 1), fds[4]); got[0] != 0 {
		t.Error("a socket that another descriptor holds has left")
	}
	_ = unix.Close(extra)
	inOrder(t, e, fds[0], fds[4], fds[2], fds[3])
}

// A client stays with one of the steered sockets, and all of them are used.
func TestDatagramsOfAClientReachTheSameSocket(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "::"} {
		e := datagramEndpoint(t, ip)
		fds := joined(t, e, 4)
		if err := kernel.Steer(fds[0], Route{Indexes: []int{1, 3}, ByPort: true}); err != nil {
			t.Fatal(err)
		}
		clients := senders(t, e, 60)
		first := reached(t, clients, fds...)
		for range 3 {
			if got := reached(t, clients, fds...); !slices.Equal(got, first) {
				t.Fatalf("%v, then %v", first, got)
			}
		}
		for i, times := range []int{0, 10, 0, 10} {
			if n := len(slices.DeleteFunc(slices.Clone(first), func(at int) bool { return at != i })); n < times || times == 0 && n > 0 {
				t.Errorf("%s: %d of 60 clients at socket %d", ip, n, i)
			}
		}
	}
}

// __ip4_datagram_connect: a socket bound to the wildcard gets an address and leaves the group (udp_lib_rehash). One bound
// to an address leaves the group since Linux 6.13 (udp_lib_hash4). SO_ATTACH_REUSEPORT_CBPF fails for a socket without a
// group (reuseport_attach_prog). All get the datagrams of their peer, wherever the group is steered to.
func TestConnectedSocketGetsItsPeersDatagrams(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "0.0.0.0", "::"} {
		e := datagramEndpoint(t, ip)
		fds := joined(t, e, 3)
		clients := senders(t, e, 2)
		peer, err := unix.Getsockname(clients[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fds[0], peer); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			steer(t, fds[1], 1)
			if got := reached(t, clients, fds...); !slices.Equal(got, []int{0, 1}) {
				t.Errorf("%s: the datagrams went to %v", ip, got)
			}
		}
		last := 0 // the last took the place of the first
		if kernel.Steer(fds[0], Route{Indexes: []int{1}}) == nil {
			if last = 2; e.Addr.Addr().IsUnspecified() {
				t.Errorf("%s: the connected socket is in the group", ip)
			}
		}
		steer(t, fds[1], last)
		if got := reached(t, clients[1:], fds...); got[0] != 2 {
			t.Errorf("%s: index %d is socket %d", ip, last, got[0])
		}
	}
}

// The registry finds the order of strangers in sock_diag's answer.
func TestDatagramSocketsAreListedInTheOrderOfBinding(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		e := datagramEndpoint(t, ip)
		var want, got []uint64
		for _, fd := range joined(t, e, 3) {
			inode, _, _ := kernel.Inode(fd)
			want = append(want, inode)
		}
		all, err := kernel.Listeners(true, e.Port())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			if l.at(e) && !l.Connected {
				got = append(got, l.Inode)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", ip, got, want)
		}
	}
}

// world of datagrams: a registry over the real kernel.
type datagrams struct {
	t *testing.T
	r *Registry
	e handoff.Endpoint
}

func newDatagrams(t *testing.T, ip string) datagrams {
	d := datagrams{t, NewRegistry(kernel), datagramEndpoint(t, ip)}
	t.Cleanup(func() { _ = d.r.Close() })
	return d
}

// bind is a bind(2) of the generation's, and returns the program's descriptor.
func (d datagrams) bind(gen handoff.GenID) (fd int, plan BindPlan) {
	d.t.Helper()
	fd = gates(d.t, d.e, 1)[0]
	inode, user, _ := kernel.Inode(fd)
	plan, err := d.r.Bind(BindRequest{
		Gen: gen, Endpoint: d.e, Inode: inode, User: user, Inspectable: true, ReusePort: true,
		StillOpen: func(uint64) bool { return true }, Excluded: func() bool { return false },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	dup := fd
	if plan.Action == Inject {
		dup = plan.Fd
	}
	if dup, err = unix.Dup(dup); err != nil {
		d.t.Fatal(err)
	}
	if plan.Action == Inject {
		d.t.Cleanup(func() { _ = unix.Close(dup) })
		return dup, plan
	}
	if _, err := d.r.Listen(ListenRequest{Gen: gen, Endpoint: d.e, Inode: inode, Dup: dup}); err != nil {
		d.t.Fatal(err)
	}
	return fd, plan
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

// At the cutover all datagrams go to the new generation, and back at a rollback.
func TestDatagramCutover(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::"} {
		d := newDatagrams(t, ip)
		clients := senders(t, d.e, 20)
		old, _ := d.bind(1)
		d.all(clients, []int{old}, 0)
		next, _ := d.bind(2)
		both := []int{old, next}
		d.all(clients, both, 0)
		for _, gen := range []handoff.GenID{2, 1, 2} {
			if done, _, err := d.r.Cutover(gen); err != nil || !slices.Contains(done, d.e) {
				t.Fatal(done, err)
			}
			d.all(clients, both, int(gen)-1)
		}
		_ = unix.Close(old)
		d.r.GenerationEnded(1)
		d.all(clients, []int{next}, 0)
		if n := len(d.r.gates); n != 1 {
			t.Errorf("%d gates", n)
		}
		if d.r.Waiting(2) != 0 || len(d.r.Endpoints(2)) != 0 {
			t.Error("datagrams hold a drain")
		}
	}
}

// whileSteering calls a function after each change of a group.
type whileSteering struct {
	SystemKernel
	then func()
}

func (k *whileSteering) Steer(fd int, to Route) error {
	err := k.SystemKernel.Steer(fd, to)
	k.then()
	return err
}

// No datagram goes to the socket of a generation that has ended, not even while its gate is closed.
func TestEndedGenerationGetsNoDatagram(t *testing.T) {
	d := newDatagrams(t, "127.0.0.1")
	k := &whileSteering{then: func() {}}
	d.r.kernel = k
	old, _ := d.bind(1)
	next, _ := d.bind(2)
	if _, _, err := d.r.Cutover(2); err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(old)
	clients, steered := senders(t, d.e, 5), 0
	k.then = func() { steered++; d.all(clients, []int{next}, 0) }
	d.r.GenerationEnded(1)
	if steered == 0 {
		t.Error("the group was not steered")
	}
}

// Datagrams wait for the next generation in the queue of the one that has died, or of one that hotswap opens while no
// process runs.
func TestDatagramsWait(t *testing.T) {
	for name, leave := range map[string]func(datagrams, int){
		"crash": func(d datagrams, fd int) { _ = unix.Close(fd); d.r.GenerationEnded(1) },
		"stop-first": func(d datagrams, fd int) {
			if parked, err := d.r.ParkConnections(1); !parked || err != nil {
				d.t.Fatal(parked, err)
			}
			_ = unix.Close(fd)
			d.r.GenerationEnded(1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatagrams(t, "127.0.0.1")
			clients := senders(t, d.e, 5)
			old, _ := d.bind(1)
			leave(d, old)
			d.all(clients, nil, -1) // nobody refuses them: the writes succeed
			next, plan := d.bind(2)
			if plan.Action != Inject {
				t.Fatal(plan)
			}
			for i := range clients {
				if n, _, err := unix.Recvfrom(next, make([]byte, 16), unix.MSG_DONTWAIT); err != nil || n != 1 {
					t.Errorf("datagram %d: %d, %v", i, n, err)
				}
			}
			d.all(clients, []int{next}, 0)
		})
	}
}

// A program's socket that connects is its own, and the others keep their places.
func TestConnectedDatagramSocketIsLetGo(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "0.0.0.0", "::1", "::"} {
		d := newDatagrams(t, ip)
		clients := senders(t, d.e, 20)
		server, _ := d.bind(1)
		session, _ := d.bind(1)
		d.all(clients, []int{server, session}, 0) // the second one is not used yet
		peer, _ := unix.Getsockname(clients[0])
		if err := unix.Connect(session, peer); err != nil {
			t.Fatal(err)
		}
		d.r.mu.Lock()
		d.r.steerPastClosedLocked(1)
		d.r.mu.Unlock()
		if n := len(d.r.gates); n != 1 {
			t.Errorf("%d gates", n)
		}
		d.all(clients[:1], []int{server, session}, 1)
		d.all(clients[1:], []int{server, session}, 0)
		next, _ := d.bind(2)
		if _, _, err := d.r.Cutover(2); err != nil {
			t.Fatal(err)
		}
		d.all(clients[:1], []int{next, session}, 1)
		d.all(clients[1:], []int{server, session, next}, 2)
		_ = unix.Close(session) // moves the last into its place, if it had one
		if _, _, err := d.r.Cutover(2); err != nil {
			t.Fatal(err)
		}
		d.all(clients, []int{server, next}, 1)
	}
}

// The workers of a program share its datagrams.
func TestDatagramWorkers(t *testing.T) {
	d := newDatagrams(t, "127.0.0.1")
	one, _ := d.bind(1)
	two, _ := d.bind(1)
	d.r.mu.Lock()
	d.r.steerPastClosedLocked(1)
	d.r.mu.Unlock()
	got := reached(t, senders(t, d.e, 60), one, two)
	if n := len(slices.DeleteFunc(got, func(at int) bool { return at != 0 })); n < 10 || n > 50 {
		t.Errorf("the first worker got %d of 60", n)
	}
}

// Another program's socket is not joined, and sockets of two users share nothing.
func TestDatagramAddressOfAnother(t *testing.T) {
	d := newDatagrams(t, "127.0.0.1")
	joined(t, d.e, 1) // would share
	fd := gates(t, d.e, 1)[0]
	inode, user, _ := kernel.Inode(fd)
	request := BindRequest{Gen: 1, Endpoint: d.e, Inode: inode, User: user, Inspectable: true, Excluded: func() bool { return false }}
	if plan, err := d.r.Bind(request); err != nil || plan.Action != PassThrough || !plan.Taken {
		t.Error(plan, err)
	}
	d = newDatagrams(t, "127.0.0.1")
	d.bind(1)
	request.Endpoint, request.Gen = d.e, 2
	request.User++
	if _, err := d.r.Bind(request); !errors.Is(err, ErrUser) || !errors.Is(err, unix.EADDRINUSE) {
		t.Error(err)
	}
}

// A server of DTLS connects the socket that got a client's first datagram, and binds another one for new clients.
func TestDatagramServerThatConnectsItsSocket(t *testing.T) {
	for _, ip := range []string{"::", "0.0.0.0"} {
		d := newDatagrams(t, ip)
		clients := senders(t, d.e, 20)
		session, _ := d.bind(1)
		peer, _ := unix.Getsockname(clients[0])
		server, _ := d.bind(1)
		if err := unix.Connect(session, peer); err != nil {
			t.Fatal(err)
		}
		next, _ := d.bind(2)
		d.all(clients[:1], []int{session, server, next}, 0)
		d.all(clients[1:], []int{session, server, next}, 1)
		if _, _, err := d.r.Cutover(2); err != nil {
			t.Fatal(err)
		}
		d.all(clients[1:], []int{session, server, next}, 2)
	}
}
