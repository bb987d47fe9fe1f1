package engine

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestSharedSocketOutlivesWhoServes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	left := testkit.Must(net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}))(t)
	left.SetUnlinkOnClose(false)
	left.Close() // of a server that was killed
	tcp := testkit.FreeAddress(t, "127.0.0.1")
	for _, at := range []handoff.Endpoint{{Network: "tcp4", Addr: tcp}, {Network: "unix", Path: path}} {
		p := testkit.Must(openShared(at, 0o600))(t)
		defer unix.Close(p.FD)
		if flags, err := unix.FcntlInt(uintptr(p.FD), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 ||
			p.PerGeneration() {
			t.Errorf("%s: %v %v %+v", at, flags, err, p)
		}
		if _, err := openShared(at, 0); err == nil {
			t.Errorf("%s was opened twice", at)
		}
		network, addr := "tcp", at.Addr.String()
		if at.IsUnix() {
			network, addr = "unix", path
		}
		client := testkit.Must(net.Dial(network, addr))(t) // nobody accepts yet
		defer client.Close()
		conn, _, err := unix.Accept(p.FD)
		testkit.NoError(t, err, unix.Close(conn))
	}
	if info := testkit.Must(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	if _,
		err := openShared(handoff.Endpoint{Network: "tcp6", Addr: netip.AddrPortFrom(netip.IPv6Unspecified(),
		tcp.Port())}, 0); err == nil {
		t.Error("the wildcard was opened beside an address")
	}
}
