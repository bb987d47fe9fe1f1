package peer

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// TestMain lets the test binary be a client that connects to PEER_TEST_DIAL.
func TestMain(m *testing.M) {
	at := os.Getenv("PEER_TEST_DIAL")
	if at == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
		os.Exit(m.Run())
	}
	c, err := net.Dial("tcp", at)
	if err != nil {
		os.Exit(1)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	_ = c.Close()
}

// client starts a client of that user.
func client(t *testing.T, program string, attr *syscall.SysProcAttr) sockdiag.Name {
	t.Helper()
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	cmd := exec.Command(program)
	cmd.Env, cmd.SysProcAttr, cmd.Stderr = append(os.Environ(), "PEER_TEST_DIAL="+l.Addr().String()), attr, os.Stderr
	in := testkit.Must(cmd.StdinPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(testkit.Patience))
	c := testkit.Must(l.Accept())(t)
	t.Cleanup(func() { c.Close() })
	addr := func(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
	return sockdiag.Name{Local: addr(c.LocalAddr()), Remote: addr(c.RemoteAddr())}
}

// Clients are this user's on this machine, or have closed their end. This process is none.
func TestOfUser(t *testing.T) {
	l := testkit.Must(net.Listen("tcp", "[::]:0"))(t)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	dial := func() (net.Conn, sockdiag.Name) {
		c := testkit.Must(net.Dial("tcp4", at.String()))(t)
		return c, sockdiag.Name{Local: at, Remote: c.LocalAddr().(*net.TCPAddr).AddrPort()}
	}
	mine := client(t, os.Args[0], nil)
	if !OfUser(nil) || !OfUser([]sockdiag.Name{mine}) {
		t.Error("a client of this user may not")
	}
	c, own := dial()
	defer c.Close()
	if OfUser([]sockdiag.Name{mine, own}) {
		t.Error("this process may")
	}
	gone, over := dial()
	gone.Close()
	if !OfUser([]sockdiag.Name{over, mine}) {
		t.Error("who has gone may not")
	}
	if OfUser([]sockdiag.Name{mine, {Local: at, Remote: netip.MustParseAddrPort("192.0.2.1:1")}}) {
		t.Error("another machine may")
	}
	if os.Getuid() == 0 {
		program := filepath.Join(testkit.Must(os.MkdirTemp("/tmp", "peer"))(t), "peer.test") // which others may run
		defer os.RemoveAll(filepath.Dir(program))
		testkit.NoError(t, os.Chmod(filepath.Dir(program), 0o755))
		testkit.NoError(t, os.WriteFile(program, testkit.Must(os.ReadFile(os.Args[0]))(t), 0o755))
		if theirs := client(t, program, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}); OfUser([]sockdiag.Name{mine, theirs}) {
			t.Error("another user may")
		}
	}
}
