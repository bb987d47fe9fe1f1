package reuseport

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestSockets(t *testing.T) {
	inode, _, err := kernel.Inode(gates(t, endpoint(t, "127.0.0.1", false), 1)[0])
	testkit.NoError(t, err)
	open, err := kernel.Sockets(func() ([]int, error) { return []int{os.Getpid(), 1 << 30}, nil }) // the other one has ended
	if _, has := open[inode]; err != nil || !has {
		t.Errorf("socket %d is not among %v: %v", inode, open, err)
	}
}

// The kernel is asked often, partly under the registry's lock: a question needs
// neither a socket nor a buffer of its own.
func TestQuestionsShareASocket(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	listening(t, e, 1)
	conn := sockdiag.Name{Local: e.Addr, Remote: client(t, e).LocalAddr().(*net.TCPAddr).AddrPort()}
	await(t, "the client to be queued", func() bool {
		s, queued, err := kernel.Lookup(conn)
		return err == nil && queued && s.Inode == 0
	})
	const questions, most = 100, 4 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range questions {
		if _, queued, err := kernel.Lookup(conn); err != nil || !queued {
			t.Fatal(queued, err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / questions; each > most {
		t.Errorf("a question takes %d bytes, want at most %d", each, most)
	}
}
