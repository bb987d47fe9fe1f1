package load

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// acked returns how many of our bytes the other kernel has acknowledged on this
// connection (plus one for the SYN).
//
// If the connection ended with a FIN and the number has not grown since before the
// write, the server sent the FIN before the request arrived, because a FIN also carries
// an ACK (tcp_transmit_skb puts rcv_nxt into every segment). A reset without a FIN
// proves nothing, because tcp_reset does not look at its ACK.
func acked(raw syscall.RawConn) (n uint64, ok bool) {
	err := raw.Control(func(fd uintptr) {
		info, e := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if e == nil {
			n, ok = info.Bytes_acked, true
		}
	})
	return n, ok && err == nil
}
