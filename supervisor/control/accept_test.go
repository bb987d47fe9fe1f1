package control

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// shortOf is a listener whose first accept(2) fails.
type shortOf struct {
	net.Listener
	errs []error
	conn net.Conn
}

func (l *shortOf) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, err
	}
	return l.conn, nil
}

// net/http's server returns for good when accept(2) fails for want of memory.
func TestAcceptFailsForAWhile(t *testing.T) {
	dir, err := os.MkdirTemp("", "c")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got, err := newLimitListener(&shortOf{l, []error{os.NewSyscallError("accept4", syscall.ENOBUFS), syscall.ENOMEM}, conn}).Accept()
	if err != nil {
		t.Fatal(err)
	}
	got.Close()
}
