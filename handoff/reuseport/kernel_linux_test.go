package reuseport

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// tcp_get_info gives sk_ack_backlog in tcpi_unacked for a listener.
func TestQueue(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	fd := gates(t, e, 1)[0]
	if n, listens := kernel.Queue(fd); n != 0 || listens {
		t.Errorf("bound: %d %v", n, listens)
	}
	listen(t, fd)
	if got := dialled(t, e, 7, fd); got[0] != 7 {
		t.Errorf("%v", got)
	}
	accept(t, fd)
	if n, listens := kernel.Queue(fd); n != 6 || !listens {
		t.Errorf("after one accept: %d %v", n, listens)
	}
	testkit.NoError(t, kernel.Shutdown(fd))
	if n, listens := kernel.Queue(fd); n != 0 || listens {
		t.Errorf("shut down: %d %v", n, listens)
	}
	if n, listens := kernel.Queue(-1); n != -1 || !listens {
		t.Error("no descriptor has a queue")
	}
}

// A program's gate may block: O_NONBLOCK is the open file's, not ours.
func TestAcceptDoesNotBlock(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	fd := listening(t, e, 1)[0]
	testkit.NoError(t, unix.SetNonblock(fd, false))
	client(t, e)
	await(t, "the client", func() bool { return queues(t, []int{fd})[0] == 1 })
	conn := kernel.Accept(fd)
	if conn < 0 {
		t.Fatal("not accepted")
	}
	defer unix.Close(conn)
	status, _ := unix.FcntlInt(uintptr(conn), unix.F_GETFL, 0)
	flags, _ := unix.FcntlInt(uintptr(conn), unix.F_GETFD, 0)
	if status&unix.O_NONBLOCK == 0 || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("status %#x, flags %#x", status, flags)
	}
	if conn := kernel.Accept(fd); conn >= 0 {
		t.Errorf("accepted %d of an empty queue", conn)
	}
}

// With TCP_DEFER_ACCEPT a handshake ends with the client's first data
// (tcp_check_req drops the bare ACK). A filter on the client that drops the
// SYN-ACK would do as well, but newer kernels (seen: 6.18) let only a privileged
// process attach one to a TCP socket.
func TestHalfOpen(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1"} {
		e, other := endpoint(t, ip, false), endpoint(t, ip, false)
		gate := listening(t, e, 1)[0]
		listening(t, other, 1)
		client(t, e) // whole, and so no part of it
		await(t, "the whole client", func() bool { return queues(t, []int{gate})[0] == 1 })
		testkit.NoError(t, unix.SetsockoptInt(gate, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 60))
		half := client(t, e)
		want := half.LocalAddr().(*net.TCPAddr).AddrPort()
		now := kernel.Handshakes(e)
		if len(now) != 1 || now[0].Remote != want {
			t.Errorf("%v, want %v", now, want)
		}
		if now := kernel.Handshakes(other); len(now) != 0 {
			t.Errorf("at another endpoint: %v", now)
		}
		testkit.Must(half.Write([]byte("x")))(t)
		await(t, "the handshake to end", func() bool { return len(kernel.Handshakes(e)) == 0 })
		await(t, "both clients to be queued", func() bool { return queues(t, []int{gate})[0] == 2 })
	}
}
