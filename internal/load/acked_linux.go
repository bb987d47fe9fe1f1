package load

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// acked returns how many bytes of ours the other side's kernel has
// acknowledged on this connection so far (plus one for the SYN).
//
// It settles who was first. tcpi_bytes_acked grows only when an ACK covers our
// bytes, and a FIN carries such an ACK (tcp_transmit_skb puts rcv_nxt into
// every segment). So when the connection ended with a FIN and the number has
// not grown since before the write, the FIN was sent before the request
// arrived; what arrived after it was refused with a reset, which a reader that
// has seen the FIN does not notice (tcp_recvmsg looks at SOCK_DONE before
// sk_err). A reset without a FIN proves nothing: tcp_reset does not look at its
// ACK.
func acked(raw syscall.RawConn) (n uint64, ok bool) {
	err := raw.Control(func(fd uintptr) {
		info, e := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if e == nil {
			n, ok = info.Bytes_acked, true
		}
	})
	return n, ok && err == nil
}
