//go:build !linux

package systemd

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

func closeOnExec(uint) bool { return false }

// endpointAt returns no endpoint: all generations have the descriptor itself, because sockets share no address.
func endpointAt(fd int) (e handoff.Endpoint, err error) {
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC)
	return e, err
}
