package sockdiag

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// inode is the number of a connection's or a listener's socket.
func inode(t *testing.T, c any) uint64 {
	t.Helper()
	raw, err := c.(syscall.Conn).SyscallConn()
	testkit.NoError(t, err)
	var st unix.Stat_t
	testkit.NoError(t, raw.Control(func(fd uintptr) { err = unix.Fstat(int(fd), &st) }))
	return st.Ino
}

func find(t *testing.T, q Query, ino uint64) Socket {
	t.Helper()
	sockets := testkit.Must(Dump(q))(t)
	for _, s := range sockets {
		if !slices.Contains(q.States, s.State) {
			t.Errorf("asked for %v, got %+v", q.States, s)
		}
	}
	i := slices.IndexFunc(sockets, func(s Socket) bool { return s.Inode == ino })
	if i < 0 {
		t.Fatalf("socket %d is not in the dump", ino)
	}
	return sockets[i]
}

func addr(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }

// tcp listens without MPTCP, whose sockets are not in this dump.
func tcp(t *testing.T, network, address string) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	l := testkit.Must(lc.Listen(t.Context(), network, address))(t)
	t.Cleanup(func() { l.Close() })
	return l
}

func TestDumpFindsAListenerAndAPair(t *testing.T) {
	for _, c := range []struct{ network, address string }{{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}} {
		l := tcp(t, c.network, c.address)
		uid := uint32(os.Getuid())
		s := find(t, Query{States: []State{Listen}}, inode(t, l))
		if s.Local != addr(l.Addr()) || s.Remote.Port() != 0 || s.State != Listen || s.UID != uid || s.Receive != 0 || s.Info != nil {
			t.Errorf("%+v, listening on %v", s, l.Addr())
		}
		client := testkit.Must(net.Dial(c.network, l.Addr().String()))(t)
		defer client.Close()
		for s.Receive != 1 { // the client waits to be accepted
			s = find(t, Query{States: []State{Listen}}, inode(t, l))
		}
		server := testkit.Must(l.Accept())(t)
		defer server.Close()
		testkit.Must(client.Write(make([]byte, 123)))(t)
		q := Query{States: []State{Established}, Info: true}
		near := find(t, q, inode(t, client))
		far := find(t, q, inode(t, server))
		for far.Receive != 123 { // the listener has not read it
			far = find(t, q, inode(t, server))
		}
		if near.Local != addr(client.LocalAddr()) || near.Remote != addr(client.RemoteAddr()) ||
			far.Local != near.Remote || far.Remote != near.Local || near.UID != uid {
			t.Errorf("client %+v, server %+v", near, far)
		}
		if len(near.Info) == 0 || State(near.Info[0]) != Established { // tcpi_state
			t.Errorf("tcp_info of %d bytes", len(near.Info))
		}
		client.Close()
		q.States = []State{CloseWait}
		for {
			sockets := testkit.Must(Dump(q))(t)
			if slices.ContainsFunc(sockets, func(s Socket) bool { return s.Inode == inode(t, server) && s.Remote == near.Local }) {
				break
			}
		}
	}
}

// More sockets than one message holds.
func TestDumpOfMany(t *testing.T) {
	want := map[uint64]bool{}
	for range 500 {
		want[inode(t, tcp(t, "tcp4", "127.0.0.1:0"))] = true
	}
	sockets := testkit.Must(Dump(Query{States: []State{Listen}, Info: true}))(t)
	for _, s := range sockets {
		delete(want, s.Inode)
	}
	if len(want) != 0 {
		t.Errorf("%d of 500 listeners are missing", len(want))
	}
}
