package reuseport

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The tests below pin what the kernel does and the registry relies on. Each
// names where the kernel does it.

// net/core/sock_reuseport.c, reuseport_add_sock: a socket is appended when it begins to listen (inet_hash from
// inet_csk_listen_start), not when it is bound. sock_diag lists them in that order: __inet_hash
// (net/ipv4/inet_hashtables.c) puts a listener of IPv4 at the head of its list and one of IPv6 with SO_REUSEPORT at the
// end. sock_diag tells V6ONLY of listeners (inet_diag_msg_attrs_fill).
func TestListenersAreInTheOrderOfListening(t *testing.T) {
	for _, c := range []struct {
		ip     string
		v6only bool
	}{{"127.0.0.1", false}, {"0.0.0.0", false}, {"::1", true}, {"::1", false}, {"::", false}, {"::", true},
		{"::ffff:127.0.0.1", false}} {
		e := endpoint(t, c.ip, c.v6only)
		bound := gates(t, e, 4)
		order := []int{bound[2], bound[0], bound[3], bound[1]}
		for _, fd := range order {
			listen(t, fd)
		}
		listed(t, e, order...)
		goesTo(t, e, order...)
	}
}

// listed checks that sock_diag lists the sockets of an endpoint in that order.
func listed(t *testing.T, e handoff.Endpoint, order ...int) {
	t.Helper()
	var want, got []uint64
	for _, fd := range order {
		inode, _, err := kernel.Inode(fd)
		testkit.NoError(t, err)
		want = append(want, inode)
	}
	all := kernel.Listeners(e.IsUDP(), e.Port())
	for _, l := range all {
		got = append(got, l.Inode)
		if !l.At(e) || l.Device {
			t.Errorf("%+v, want %v", l, e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v: %v, want %v", e, got, want)
	}
}

// A second listen(2) changes the backlog only: __inet_listen_sk returns before inet_csk_listen_start where the state is
// TCP_LISTEN already. After shutdown(2), by reuseport_stop_listen_sock, a socket that listens again is at the end.
func TestListeningAgain(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	fds := listening(t, e, 3)
	listen(t, fds[0])
	goesTo(t, e, fds...)
	testkit.NoError(t, kernel.Shutdown(fds[0]))
	listen(t, fds[0])
	goesTo(t, e, fds[2], fds[1], fds[0])
}

// net/core/sock_reuseport.c, __reuseport_detach_sock: the last takes the place of who leaves. Closing one copy of a
// descriptor does not take the socket out; shutdown does, whoever holds it (net/ipv4/af_inet.c: inet_shutdown on
// TCP_LISTEN).
func TestLeavingMovesTheLastIntoTheHole(t *testing.T) {
	for name, leave := range map[string]func(int) error{"close": unix.Close, "shutdown": kernel.Shutdown} {
		t.Run(name, func(t *testing.T) {
			e := endpoint(t, "127.0.0.1", false)
			fds := listening(t, e, 5)
			held := testkit.Must(unix.FcntlInt(uintptr(fds[1]), unix.F_DUPFD_CLOEXEC, 0))(t)
			_ = unix.Close(fds[1])
			goesTo(t, e, fds[0], held, fds[2], fds[3], fds[4]) // it counts still
			testkit.NoError(t, leave(held))
			goesTo(t, e, fds[0], fds[4], fds[2], fds[3])
			if name == "shutdown" {
				testkit.NoError(t, unix.Close(held))
			}
		})
	}
}

// net/core/sock_reuseport.c, run_bpf_filter gives NULL for an index that is
// out of range, and reuseport_select_sock then picks by hash.
func TestOutOfRangeSpreadsOverTheGroup(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	fds := listening(t, e, 2)
	steer(t, fds[0], 7)
	if got := dialled(t, e, 200, fds...); got[0] < 40 || got[1] < 40 {
		t.Errorf("of 200 clients %v", got)
	}
	testkit.NoError(t, kernel.Shutdown(fds[0]))
	if got := dialled(t, e, 5, fds[1]); got[0] != 5 {
		t.Errorf("with one gate left any program is right, but of 5 clients %v", got)
	}
}

func TestSteeringSeveralSpreads(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	fds := listening(t, e, 4)
	steer(t, fds[0], 1, 3)
	got := dialled(t, e, 300, fds...)
	if got[0]+got[2] != 0 || got[1] < 90 || got[3] < 90 {
		t.Errorf("of 300 clients %v, want halves at 1 and 3", got)
	}
}
