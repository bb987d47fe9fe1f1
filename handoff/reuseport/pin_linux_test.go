package reuseport

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// While a handshake is under way the connection is in no queue, and was not accepted. Where the program defers
// accepting, as Bun does, the kernel drops the last ACK of the probe, and the probe does not wait for that to be sent
// again.
func TestProbeWaitsForAccept(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"} {
		for _, defers := range []int{0, 60} {
			r := NewRegistry(kernel)
			t.Cleanup(r.Close)
			e := endpoint(t, ip, false)
			testkit.NoError(t, r.Declare(e, 0))
			_, one, err := r.AssignDeclared(1)
			testkit.NoError(t, err)
			_, two, err := r.AssignDeclared(2)
			testkit.NoError(t, err)
			testkit.NoError(t, unix.SetsockoptInt(two[0], unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, defers))
			result := make(chan error, 1)
			go func() { result <- r.Probe(t.Context(), 2, e) }()
			await(t, "the probe", func() bool { return queues(t, two)[0] == 1 })
			if queues(t, one)[0] != 0 {
				t.Errorf("%s: the generation that serves was probed", ip)
			}
			if !holds(t, e) {
				t.Fatalf("%s: nobody has accepted, and the probe has ended", ip)
			}
			conn, _, err := unix.Accept4(two[0], unix.SOCK_CLOEXEC)
			testkit.NoError(t, err)
			defer unix.Close(conn)
			select {
			case err := <-result:
				if err != nil {
					t.Errorf("%s: %v", ip, err)
				}
			case <-time.After(patience):
				t.Errorf("%s: accepted, and not told", ip)
			}
			client(t, e)
			await(t, "a client", func() bool { return queues(t, one)[0] == 1 }) // as before
		}
	}
}

// holds reports whether a process has a client's end of a connection to the endpoint; an end that was closed has no
// inode.
func holds(t *testing.T, e handoff.Endpoint) bool {
	t.Helper()
	all := testkit.Must(
		sockdiag.Dump(sockdiag.Query{States: 1<<sockdiag.Established | 1<<sockdiag.FinWait1 |
			1<<sockdiag.FinWait2}))(t)
	return slices.ContainsFunc(all, func(s sockdiag.Socket) bool { return s.Remote.Port() == e.Port() && s.Inode != 0 })
}
