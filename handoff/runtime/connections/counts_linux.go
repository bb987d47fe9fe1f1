package connections

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
)

// cookieOf returns the kernel's name of the connection; 0: unknown.
func cookieOf(s *wire.Socket) uint64 {
	cookie, _ := unix.GetsockoptUint64(s.FD, unix.SOL_SOCKET, unix.SO_COOKIE)
	return cookie
}

// progress returns what processes have read and written on the connection; before is what they had when somebody asked
// last.
func progress(s *wire.Socket, before count) count {
	info, err := unix.GetsockoptTCPInfo(s.FD, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return count{}
	}
	const established = 1 // include/net/tcp_states.h
	unread := 0
	if info.Bytes_received != before.read { // else nothing has come since
		unread, _ = unix.IoctlGetInt(s.FD, unix.SIOCINQ)
	}
	return count{info.Bytes_received - uint64(unread),
		info.Bytes_sent - info.Bytes_retrans + uint64(info.Notsent_bytes), info.State == established}
}
