package proc

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// What is listed is a listener, and not of a connection beside it.
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
	if got := listeners(); got[inodeOf(t, l.(*net.TCPListener))] == "" || got[inodeOf(t, c.(*net.TCPConn))] != "" {
		t.Errorf("not the listener, or the connection: %v", got)
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
