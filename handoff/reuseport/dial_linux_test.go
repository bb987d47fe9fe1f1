package reuseport

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// oneServes returns a registry with a gate of generation 1, which gets new
// connections, and a gate of generation 2, which gets none.
func oneServes(t *testing.T, e handoff.Endpoint) (r *Registry, fds []int) {
	t.Helper()
	r = NewRegistry(kernel)
	t.Cleanup(r.Close)
	return r, []int{served(t, r, 1, e), served(t, r, 2, e)}
}

// The probe of a generation at all addresses does not end at another one's single address.
func TestDialPastASingleAddress(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	all := handoff.Endpoint{Network: "tcp4", Addr: netip.AddrPortFrom(netip.IPv4Unspecified(), e.Port())}
	r := NewRegistry(kernel)
	t.Cleanup(r.Close)
	one, two := served(t, r, 1, e), served(t, r, 2, all)
	testkit.Must(r.Dial(t.Context(), 2, all))(t).Close()
	if n := queues(t, []int{one, two}); n[0] != 0 || n[1] != 1 {
		t.Errorf("the queues have %v", n)
	}
}

// lengths tells when the registry has seen two clients in a queue, if somebody wants to know.
type lengths struct {
	sockets.System
	seen chan bool
}

func (k lengths) Queue(fd int) (n int, listening bool) {
	n, listening = k.System.Queue(fd)
	if n == 2 {
		select {
		case k.seen <- true:
		default:
		}
	}
	return n, listening
}

// Clients who have waited for the generation are accepted before hotswap's probe: the first of them shows that it
// serves.
func TestAClientShowsThatItServes(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	looks, done := make(chan bool), make(chan error, 1)
	r := NewRegistry(lengths{System: kernel, seen: looks})
	t.Cleanup(r.Close)
	gate := served(t, r, 1, e)
	client(t, e)
	await(t, "the client", func() bool { return queues(t, []int{gate})[0] == 1 })
	go func() { done <- r.Probe(t.Context(), 1, e) }()
	for range 2 {
		<-looks // at the second one, the first has shown the probe behind the client
	}
	if n := queues(t, []int{gate})[0]; n != 2 || len(done) > 0 {
		t.Errorf("%d wait, the probe has ended: %v", n, len(done) > 0)
	}
	accept(t, gate)
	testkit.NoError(t, <-done)
}

// Docker turns IPv6 off so (disable_ipv6): a server still listens on ::, and
// node does, but nothing has the address ::1.
func TestDialWithoutIPv6Loopback(t *testing.T) {
	thread.Own(func() { dialWithoutIPv6Loopback(t) }) // the namespace ends with the thread
}

func dialWithoutIPv6Loopback(t *testing.T) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace of our own here: %v", err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0); err != nil {
		t.Skipf("IPv6 cannot be turned off here: %v", err)
	}
	testkit.NoError(t, testkit.LoopbackUp())
	shared := make(chan error)
	go func() { // on a thread of the first namespace, of which the other tests ask
		at := netip.MustParseAddrPort("127.0.0.1:4000")
		_, err := kernel.Lookup(sockdiag.Name{Local: at, Remote: at})
		shared <- err
	}()
	testkit.NoError(t, <-shared)
	for _, v6only := range []bool{false, true} {
		e := handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:4000"), V6Only: v6only}
		if v6only {
			e.Addr = netip.MustParseAddrPort("[::]:4001")
		}
		r, fds := oneServes(t, e)
		client, conn, err := dial(t.Context(), r, 2, e)
		if v6only {
			if !errors.Is(err, unix.EADDRNOTAVAIL) {
				t.Errorf("of IPv6 alone: %v", err)
			}
			continue
		}
		testkit.NoError(t, err)
		defer client.Close()
		await(t, "the client at its gate", func() bool { return queues(t, fds)[1] == 1 })
		for _, want := range []bool{true, false} {
			all, err := sockdiag.Dump(sockdiag.Query{States: 1 << sockdiag.Established})
			in := func(s sockdiag.Socket) bool { return s.Name() == conn && s.Inode == 0 }
			if queued := slices.ContainsFunc(all, in); err != nil || queued != want {
				t.Errorf("queued: %v, want %v: %v", queued, want, err)
			}
			if want {
				accept(t, fds[1])
			}
		}
	}
}
