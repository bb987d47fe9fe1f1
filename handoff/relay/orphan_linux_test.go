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

const (
	user  = 12345
	other = 12346
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
	r := New()
	if uid >= 0 {
		r.As = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	client, err := r.dialAs(t.Context(), "unix", listener.Addr().String())
	testkit.NoError(t, err)
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

// Of a unix socket's clients only those of the program's user are passed on, and the server sees that user.
func TestPassOfUsers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may become another user")
	}
	gate, serves := unixListener(t, "gate"), unixListener(t, "serves")
	for name, c := range map[string]struct {
		as, client int
		want       bool
	}{
		"the program's user":   {user, user, true},
		"another user":         {user, other, false},
		"root":                 {user, -1, false},
		"hotswap's own":        {-1, -1, true},
		"another than hotswap": {-1, other, false},
	} {
		r := New()
		want := uint32(0)
		if c.as >= 0 {
			r.As, want = &syscall.Credential{Uid: uint32(c.as), Gid: uint32(c.as)}, uint32(c.as)
		}
		client, fd := orphan(t, c.client, gate)
		if got := r.Pass(fd, serves.Addr().String()); got != c.want {
			t.Errorf("%s: passed %v", name, got)
			continue
		}
		if !c.want {
			closed(t, client)
			continue
		}
		server := testkit.Must(serves.AcceptUnix())(t)
		at := fdOf(t, server)
		if who, err := unix.GetsockoptUcred(at, unix.SOL_SOCKET, unix.SO_PEERCRED); err != nil || who.Uid != want || who.Gid != want {
			t.Errorf("%s: the server sees %+v, %v", name, who, err)
		}
		_ = unix.Close(at)
		testkit.Must(io.WriteString(client, "x"))(t)
		if b := make([]byte, 1); testkit.Must(io.ReadFull(server, b))(t) != 1 || b[0] != 'x' {
			t.Error("the client does not reach the server")
		}
		_, _ = server.Close(), client.Close()
		ended(t, r)
	}
	if os.Geteuid() != 0 {
		t.Error("this process is another user's now")
	}
}

// A client that passes descriptors is closed.
func TestPassOfDescriptors(t *testing.T) {
	gate, serves := unixListener(t, "gate"), unixListener(t, "serves")
	r := New()
	client, fd := orphan(t, -1, gate)
	null := testkit.Must(os.Open(os.DevNull))(t)
	defer null.Close()
	if _, _, err := client.(*net.UnixConn).WriteMsgUnix([]byte("x"), unix.UnixRights(int(null.Fd())), nil); err != nil {
		t.Fatal(err)
	}
	r.Pass(fd, serves.Addr().String())
	closed(t, client)
	server := testkit.Must(serves.AcceptUnix())(t)
	defer server.Close()
	closed(t, server)
	ended(t, r)
}

// Clients of another machine are closed. In a network namespace of its own, an address that is routed to it, but is none
// of an interface, counts as another machine.
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
			client := testkit.Must((&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp4", l.Addr().String()))(t)
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
