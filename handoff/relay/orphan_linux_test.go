package relay

import (
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// fdOf returns a duplicate of the connection, for the caller to close.
func fdOf(t *testing.T, c syscall.Conn) (fd int) {
	t.Helper()
	raw := testkit.Must(c.SyscallConn())(t)
	testkit.NoError(t, raw.Control(func(at uintptr) { fd, _ = unix.FcntlInt(at, unix.F_DUPFD_CLOEXEC, 0) }))
	return fd
}

// orphan returns a client of a unix socket that belongs to that user, and its other end.
func orphan(t *testing.T, uid int, listener *net.UnixListener) (client net.Conn, fd int) {
	t.Helper()
	thread.Own(func() { // setresuid(2) by package syscall would change all threads
		if _, _, wrong := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); wrong != 0 {
			t.Error(wrong)
		}
		client = testkit.Must(net.Dial("unix", listener.Addr().String()))(t)
	})
	t.Cleanup(func() { client.Close() })
	c := testkit.Must(listener.AcceptUnix())(t)
	defer c.Close()
	return client, fdOf(t, c)
}

func unixListener(t *testing.T, name string) *net.UnixListener {
	t.Helper()
	dir := testkit.Must(os.MkdirTemp("/tmp", "relay"))(t)
	t.Cleanup(func() { os.RemoveAll(dir) })
	testkit.NoError(t, os.Chmod(dir, 0o755))
	l := testkit.Must(net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, name), Net: "unix"}))(t)
	t.Cleanup(func() { l.Close() })
	testkit.NoError(t, os.Chmod(l.Addr().String(), 0o777))
	return l
}

// closed reports whether the client's connection ends without an answer.
func closed(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(testkit.Patience))
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || os.IsTimeout(err) {
		t.Errorf("the client gets %d bytes, %v; want the end", n, err)
	}
}

// Of a unix socket's clients only those of hotswap's user are passed on.
func TestPassOfUsers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may become another user")
	}
	gate, serves := unixListener(t, "gate"), unixListener(t, "serves")
	r := New()
	client, fd := orphan(t, 12345, gate)
	if r.Pass(fd, serves.Addr().String()) {
		t.Error("another user's client is passed on")
	}
	closed(t, client)
	client, fd = orphan(t, 0, gate)
	if !r.Pass(fd, serves.Addr().String()) {
		t.Fatal("not passed on")
	}
	server := testkit.Must(serves.AcceptUnix())(t)
	testkit.Must(io.WriteString(client, "x"))(t)
	if b := make([]byte, 1); testkit.Must(io.ReadFull(server, b))(t) != 1 || b[0] != 'x' {
		t.Error("the client does not reach the server")
	}
	_, _ = server.Close(), client.Close()
	ended(t, r)
}

// Clients of another machine are closed. In a network namespace of its own, an address that is routed to it, but is
// none of an interface, counts as another machine.
func TestPassOfOtherMachines(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may make namespaces")
	}
	thread.Own(func() { // the namespace ends with the thread
		testkit.NoError(t, unix.Unshare(unix.CLONE_NEWNET))
		testkit.NoError(t, testkit.LoopbackUp())
		const far = "10.99.0.1"
		testkit.NoError(t, testkit.RouteToLoopback(netip.MustParseAddr(far)))
		for from, want := range map[string]bool{"127.0.0.1": true, far: false} {
			l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
			client := testkit.Must((&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp4",
				l.Addr().String()))(t)
			c := testkit.Must(l.Accept())(t)
			fd := fdOf(t, c.(*net.TCPConn))
			_, _ = c.Close(), l.Close()
			r := New()
			if got := r.Pass(fd, ""); got != want {
				t.Errorf("%s: passed %v", from, got)
			}
			if !want {
				closed(t, client)
			}
			client.Close()
			r.Finish(0)
		}
	})
}
