package sockdiag

import (
	"net"
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

// tcp listens without MPTCP, whose sockets are not in this dump.
func tcp(t *testing.T, network, address string) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	l := testkit.Must(lc.Listen(t.Context(), network, address))(t)
	t.Cleanup(func() { l.Close() })
	return l
}

// More sockets than one message holds.
func TestDumpOfMany(t *testing.T) {
	want := map[uint64]bool{}
	for range 500 {
		want[inode(t, tcp(t, "tcp4", "127.0.0.1:0"))] = true
	}
	sockets := testkit.Must(Dump(Query{States: 1 << Listen, Info: true}))(t)
	for _, s := range sockets {
		delete(want, s.Inode)
	}
	if len(want) != 0 {
		t.Errorf("%d of 500 listeners are missing", len(want))
	}
}
