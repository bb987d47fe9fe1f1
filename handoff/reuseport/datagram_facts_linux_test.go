package reuseport

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The tests below pin what the kernel does with groups of UDP sockets.

func datagramEndpoint(t testing.TB, ip string) handoff.Endpoint {
	t.Helper()
	e := handoff.Endpoint{Network: "udp6", Addr: testkit.FreeAddress(t, ip)}
	c, err := net.ListenPacket("udp", e.Addr.String())
	if err != nil {
		t.Skip(err)
	}
	c.Close()
	if e.Addr.Addr().Is4() {
		e.Network = "udp4"
	}
	return e
}

func bind(t testing.TB, fd int, e handoff.Endpoint) {
	t.Helper()
	testkit.NoError(t, kernel.Bind(fd, e))
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
	fd := testkit.Must(unix.Socket(sockets.Family(ip), unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))(t)
	t.Cleanup(func() { _ = unix.Close(fd) })
	testkit.NoError(t, unix.Connect(fd, sockets.Address(ip, int(e.Port()))))
	return fd
}

// reached sends a datagram from each client, and returns the index in fds that got each: -1 is none. Over loopback
// the kernel puts a datagram into its queue before send(2) returns.
func reached(t testing.TB, clients []int, fds ...int) (out []int) {
	t.Helper()
	for i, c := range clients {
		testkit.Must(unix.Write(c, []byte(strconv.Itoa(i))))(t)
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

// A client stays with one of the steered sockets, and all of them are used.
func TestDatagramsOfAClientReachTheSameSocket(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "::"} {
		e := datagramEndpoint(t, ip)
		fds := joined(t, e, 4)
		testkit.NoError(t, kernel.Steer(fds[0], sockets.Route{Indexes: []int{1, 3}, ByPort: true}))
		clients := senders(t, e, 60)
		first := reached(t, clients, fds...)
		for range 3 {
			if got := reached(t, clients, fds...); !slices.Equal(got, first) {
				t.Fatalf("%v, then %v", first, got)
			}
		}
		for i, times := range []int{0, 10, 0, 10} {
			if n := len(slices.DeleteFunc(slices.Clone(first), func(at int) bool { return at != i })); n < times ||
				times == 0 && n > 0 {
				t.Errorf("%s: %d of 60 clients at socket %d", ip, n, i)
			}
		}
	}
}
