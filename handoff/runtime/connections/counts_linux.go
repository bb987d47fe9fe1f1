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

// progress returns how many bytes processes have read and written on the connection; before is how many they had read
// when somebody asked last. open is false for a connection that has ended, and for a unix socket, of which the kernel
// counts nothing.
func progress(s *wire.Socket, before uint64) (read, sent uint64, open bool) {
	info, err := unix.GetsockoptTCPInfo(s.FD, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, 0, false
	}
	const established = 1 // include/net/tcp_states.h
	unread := 0
	if info.Bytes_received != before { // else nothing has come since
		unread, _ = unix.IoctlGetInt(s.FD, unix.SIOCINQ)
	}
	return info.Bytes_received - uint64(unread), info.Bytes_sent - info.Bytes_retrans + uint64(info.Notsent_bytes),
		info.State == established
}
