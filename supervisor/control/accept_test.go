package control

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// shortOf is a listener whose first accept(2) fails.
type shortOf struct {
	net.Listener
	errs []error
}

func (l *shortOf) Accept() (net.Conn, error) {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, err
	}
	return l.Listener.Accept()
}

// net/http's server returns for good when accept(2) fails for want of memory.
func TestAcceptFailsForAWhile(t *testing.T) {
	path := place(t)
	l := testkit.Must(net.Listen("unix", path))(t)
	defer l.Close()
	dial(t, path)
	got := testkit.Must((&ownListener{&shortOf{l, []error{os.NewSyscallError("accept4", syscall.ENOBUFS), syscall.ENOMEM}}}).Accept())(t)
	got.Close()
}
