package proc

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// Both ways to ask tell of a listener, and not of a connection beside it.
func TestListeners(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for name, got := range map[string]map[uint64]string{
		"sock_diag": listeners(os.Getpid()), "/proc": listenersIn("/proc/self/net/"), "of one that has ended": listeners(0),
	} {
		if got[inodeOf(t, l.(*net.TCPListener))] == "" || got[inodeOf(t, c.(*net.TCPConn))] != "" {
			t.Errorf("%s: not the listener, or the connection: %v", name, got)
		}
	}
}

// inodeOf is the number of a socket.
func inodeOf(t *testing.T, s syscall.Conn) (inode uint64) {
	t.Helper()
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { inode = fdtable.Inode(os.Getpid(), int(fd)) })
	return inode
}

// A server in a network namespace of its own is found too.
func TestListeningInAnotherNetwork(t *testing.T) {
	argv := helper("serve-apart")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); errors.Is(err, unix.EPERM) {
		t.Skip("no network namespace may be made here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	if said, _ := bufio.NewReader(out).ReadString('\n'); !strings.HasPrefix(said, "serve-apart") {
		t.Fatalf("%q", said)
	}
	if pid := cmd.Process.Pid; len(listening(pid, []int{pid})[pid]) == 0 {
		t.Error("it is not seen to listen")
	}
}

// The table as text takes longer with every connection of the machine.
func BenchmarkListeners(b *testing.B) {
	b.Run("sock_diag", func(b *testing.B) {
		for b.Loop() {
			listeners(os.Getpid())
		}
	})
	b.Run("proc", func(b *testing.B) {
		for b.Loop() {
			listenersIn("/proc/self/net/")
		}
	})
}
