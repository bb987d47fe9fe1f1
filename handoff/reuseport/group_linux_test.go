package reuseport

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

var kernel sockets.System

// endpoint is an address that nobody has.
func endpoint(t testing.TB, ip string, v6only bool) handoff.Endpoint {
	t.Helper()
	e := handoff.Endpoint{Network: "tcp6", Addr: testkit.FreeAddress(t, ip), V6Only: v6only}
	if e.Addr.Addr().Is4() {
		e.Network = "tcp4"
	}
	return e
}

// gates opens so many gates of the endpoint, without listening.
func gates(t testing.TB, e handoff.Endpoint, n int) []int {
	t.Helper()
	var fds []int
	for range n {
		fd := testkit.Must(kernel.Open(e, -1))(t)
		t.Cleanup(func() { _ = unix.Close(fd) })
		fds = append(fds, fd)
	}
	return fds
}

// served opens a gate of a generation, which listens.
func served(t *testing.T, r *Registry, gen handoff.GenID, e handoff.Endpoint) int {
	t.Helper()
	gate := gates(t, e, 1)[0]
	dup, err := unix.FcntlInt(uintptr(gate), unix.F_DUPFD_CLOEXEC, 0) // the registry's
	testkit.NoError(t, err)
	inode, _, err := kernel.Inode(gate)
	testkit.NoError(t, err)
	testkit.Must(r.Listen(ListenRequest{Gen: gen, Inode: inode, Endpoint: e, Dup: dup}))(t)
	return gate
}

// listening opens gates that listen, in this order.
func listening(t testing.TB, e handoff.Endpoint, n int) []int {
	t.Helper()
	fds := gates(t, e, n)
	for _, fd := range fds {
		listen(t, fd)
	}
	return fds
}

func listen(t testing.TB, fd int) {
	t.Helper()
	testkit.NoError(t, kernel.Listen(fd, 4096))
}

func steer(t testing.TB, fd int, indexes ...int) {
	t.Helper()
	testkit.NoError(t, kernel.Steer(fd, sockets.Route{Indexes: indexes}))
}

// dialled connects so many clients, one after the other, and says how many
// each gate has got. Nobody accepts: the queues tell.
func dialled(t testing.TB, e handoff.Endpoint, n int, fds ...int) []int {
	t.Helper()
	before := queues(t, fds)
	for range n {
		client(t, e)
	}
	var got []int
	await(t, "the clients to be queued", func() bool {
		got = nil
		sum := 0
		for i, q := range queues(t, fds) {
			got = append(got, q-before[i])
			sum += q - before[i]
		}
		return sum == n
	})
	return got
}

func client(t testing.TB, e handoff.Endpoint) net.Conn {
	t.Helper()
	c := testkit.Must(net.DialTimeout("tcp", reach(e).String(), patience))(t)
	_ = c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: a test uses many ports
	t.Cleanup(func() { c.Close() })
	return c
}

// reach is an address of this machine by which the endpoint is reached.
func reach(e handoff.Endpoint) netip.AddrPort {
	ip := e.Addr.Addr()
	if ip.IsUnspecified() && ip.Is4() {
		ip = netip.MustParseAddr("127.0.0.1")
	} else if ip.IsUnspecified() {
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, e.Port())
}

func queues(t testing.TB, fds []int) []int {
	t.Helper()
	var out []int
	for _, fd := range fds {
		n, _ := kernel.Queue(fd)
		out = append(out, n)
	}
	return out
}

func await(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// goesTo asks each client's way by index: want[i] is the gate at index i.
func goesTo(t *testing.T, e handoff.Endpoint, want ...int) {
	t.Helper()
	for i, fd := range want {
		steer(t, want[0], i)
		for j, n := range dialled(t, e, 3, want...) {
			if (n == 3) != (want[j] == fd) {
				t.Errorf("index %d: gate %d of %d got %d of 3", i, j, len(want), n)
			}
		}
	}
}

// accept takes one connection out of a gate's queue, and ends it.
func accept(t testing.TB, fd int) {
	t.Helper()
	for {
		conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		testkit.NoError(t, err)
		_ = unix.Close(conn)
		return
	}
}
