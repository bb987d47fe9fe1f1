package reuseport

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"

	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// idle starts a process that does nothing, and has those files open, until end is called.
func idle(t *testing.T, files ...*os.File) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.ExtraFiles = files
	in := testkit.Must(cmd.StdinPipe())(t)
	testkit.NoError(t, cmd.Start())
	end = sync.OnceFunc(func() {
		in.Close()
		_ = cmd.Wait()
	})
	t.Cleanup(end)
	return cmd.Process.Pid, end
}

func TestSockets(t *testing.T) {
	inode, _, err := kernel.Inode(gates(t, endpoint(t, "127.0.0.1", false), 1)[0])
	testkit.NoError(t, err)
	open, err := kernel.Sockets(func() ([]int, error) { return []int{os.Getpid(), 1 << 30}, nil }) // the other one has ended
	if _, has := open[inode]; err != nil || !has {
		t.Errorf("socket %d is not among %v: %v", inode, open, err)
	}
}

// The program has closed its listener: there is nobody who could accept.
func TestProbeEndsWhenTheListenerIsClosed(t *testing.T) {
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	pid, _ := idle(t)
	e := endpoint(t, "127.0.0.1", false)
	served(t, r, 1, e)
	r.SetProcesses(1, func() ([]int, error) { return []int{pid}, nil })
	if err := r.Probe(t.Context(), 1, e); !errors.Is(err, ErrListenerClosed) {
		t.Error(err)
	}
	if n := r.Waiting(1); n != 0 {
		t.Errorf("%d clients wait; there was none but the probe", n)
	}
}

// The kernel is asked often, partly under the registry's lock: a question needs
// neither a socket nor a buffer of its own.
func TestQuestionsShareASocket(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	listening(t, e, 1)
	conn := sockets.Conn{Client: client(t, e).LocalAddr().(*net.TCPAddr).AddrPort(), Server: e.Addr}
	await(t, "the client to be queued", func() bool {
		queued, err := kernel.Queued(conn)
		return err == nil && queued
	})
	const questions, most = 100, 4 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range questions {
		if queued, err := kernel.Queued(conn); err != nil || !queued {
			t.Fatal(queued, err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / questions; each > most {
		t.Errorf("a question takes %d bytes, want at most %d", each, most)
	}
}
