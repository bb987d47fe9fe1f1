package engine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// openShared opens a socket that all generations get, where they cannot have one each. It blocks, as programs expect of
// a passed socket (systemd.socket(5), NonBlocking=). mode is that of a path; 0: as the umask gives.
func openShared(at handoff.Endpoint, mode uint32) (p listenfds.Passed, err error) {
	l, err := at.Listen()
	if errors.Is(err, syscall.EADDRINUSE) && at.IsUnix() && handoff.Deserted(at.Path) {
		_ = os.Remove(at.Path)
		l, err = at.Listen()
	}
	if err != nil {
		return p, err
	}
	defer l.Close()
	if path, ok := l.(*net.UnixListener); ok {
		path.SetUnlinkOnClose(false)
		if mode != 0 {
			err = os.Chmod(at.Path, os.FileMode(mode))
		}
	}
	if err == nil {
		p.FD, err = unix.FcntlInt(uintptr(rights.FD(l.(syscall.Conn))), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err == nil {
		err = unix.SetNonblock(p.FD, false)
	}
	if err != nil {
		return p, fmt.Errorf("listen: %w", err)
	}
	return p, nil
}
