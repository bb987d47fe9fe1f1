package held

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// open listens at an address, and returns a descriptor. Its queue is as long as the system allows. Go's poller does not
// know the descriptor, so no client wakes hotswap.
func open(e handoff.Endpoint) (fd int, err error) {
	l, err := e.Listen()
	if err != nil {
		return -1, fmt.Errorf("hold %s: %w", e, err)
	}
	defer l.Close()
	return unix.FcntlInt(uintptr(rights.FD(l.(*net.TCPListener))), unix.F_DUPFD_CLOEXEC, 0)
}

// code returns the name of the error that a program gets. "" has the program bind by itself: it may have capabilities
// which hotswap has not (setcap), and if it has none the kernel refuses it, too.
func code(err error) string {
	if errors.Is(err, errForeign) || errors.Is(err, errFull) || errors.Is(err, unix.EACCES) {
		return ""
	}
	errno, _ := errors.AsType[syscall.Errno](err)
	return cmp.Or(unix.ErrnoName(errno), "EADDRINUSE")
}
