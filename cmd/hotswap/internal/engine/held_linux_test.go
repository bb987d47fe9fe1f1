package engine

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Only a socket that the process has opened by itself counts: no gate.
func TestOwnListeners(t *testing.T) {
	r := reuseport.NewRegistry(sockets.System{})
	defer r.Close()
	gate := handoff.Endpoint{Network: "tcp4", Addr: testkit.FreeAddress(t, "127.0.0.1")}
	testkit.NoError(t, r.Declare(gate, 0))
	var config net.ListenConfig
	config.SetMultipathTCP(false) // as a program opens it
	l := testkit.Must(config.Listen(t.Context(), "tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	own := handoff.Endpoint{Network: "tcp4", Addr: l.Addr().(*net.TCPAddr).AddrPort()}
	got, cookies, known := none{r}.ownListeners([]int{os.Getpid()})
	if !known || !slices.Contains(got, own) || slices.Contains(got, gate) {
		t.Errorf("%v, want %v", got, own)
	}
	testkit.Dial(t, own.Addr.String()) // which is not what listens there
	if socket, uid := listenerAt(own.Addr); !slices.Contains(cookies, socket) || uid != os.Geteuid() {
		t.Errorf("socket %d of user %d answers, want one of %v", socket, uid, cookies)
	}
	if socket, _ := listenerAt(gate.Addr); socket == 0 || slices.Contains(cookies, socket) {
		t.Errorf("socket %d answers at a gate", socket)
	}
	if socket, _ := listenerAt(netip.AddrPortFrom(netip.IPv6Loopback(), own.Port())); socket != 0 {
		t.Errorf("socket %d answers at ::1", socket)
	}
}
