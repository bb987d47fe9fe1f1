package reuseport

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// TestCutoverUnderLoad: while clients come as fast as they can, new connections
// are sent from one gate to the other and back. None fails, and none that
// began after a cutover reaches the gate that was left.
func TestCutoverUnderLoad(t *testing.T) {
	const cutovers, clients = 40, 4
	e := endpoint(t, "127.0.0.1", false)
	fds := listening(t, e, 2)
	steer(t, fds[0], 0)
	var servers sync.WaitGroup
	for i, fd := range fds {
		servers.Go(func() { label(fd, byte(i)) })
	}
	var (
		begun, done atomic.Int64 // cutovers; between the two a client may reach either gate
		came        = make(chan struct{})
		stop        = make(chan struct{})
		made        atomic.Int64
		wait        sync.WaitGroup
	)
	for range clients {
		wait.Go(func() {
			for {
				after := done.Load()
				got, err := ask(e)
				if err != nil {
					t.Errorf("a client was lost: %v", err)
					return
				}
				if before := begun.Load(); before == after && int64(got) != after%2 {
					t.Errorf("after cutover %d a client reached gate %d", after, got)
				}
				made.Add(1)
				select {
				case came <- struct{}{}:
				case <-stop:
					return
				}
			}
		})
	}
	start := time.Now()
	for i := range int64(cutovers) {
		for range 100 {
			select {
			case <-came:
			case <-time.After(patience):
				t.Fatal("no client comes through")
			}
		}
		begun.Store(i + 1)
		steer(t, fds[0], int(i+1)%2)
		done.Store(i + 1)
	}
	took := time.Since(start)
	close(stop)
	wait.Wait()
	for _, fd := range fds {
		_ = kernel.Shutdown(fd)
	}
	servers.Wait()
	t.Logf("%d cutovers, %.0f connections a second", cutovers, float64(made.Load())/took.Seconds())
}

// label answers each client of a gate with one byte.
func label(gate int, b byte) {
	for {
		fds := []unix.PollFd{{Fd: int32(gate), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return
		}
		conn, _, err := unix.Accept4(gate, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			_, _ = unix.Write(conn, []byte{b})
			_ = unix.Close(conn)
		case unix.EINVAL: // it does not listen any more
			return
		}
	}
}

func ask(e handoff.Endpoint) (byte, error) {
	c, err := net.DialTimeout("tcp", e.Addr.String(), patience)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.SetDeadline(time.Now().Add(patience))
	b := make([]byte, 1)
	_, err = c.Read(b)
	return b[0], err
}
