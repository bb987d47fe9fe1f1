package drain

import "golang.org/x/sys/unix"

// holdBelow is how many bytes must have come before the kernel wakes a program whose input is held: more than
// most requests have, and far less than the smallest receive buffer.
const holdBelow = 8 << 10

// hold has the kernel not wake the program for less than holdBelow bytes (SO_RCVLOWAT, socket(7)), so that
// hotswap can read the first bytes of the next request before the program does. It returns false if it cannot:
// a call that waits inside the kernel has taken the old limit already, or would keep the new one
// (tcp_recvmsg_locked), so a socket on which calls wait is left alone, as is one whose program has set a limit
// of its own, and one of MPTCP.
func (h fdControl) hold() bool {
	flags, err := unix.FcntlInt(uintptr(h.fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		return false
	}
	if p, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); err != nil || p != unix.IPPROTO_TCP {
		return false
	}
	// The kernel takes 0 for 1 (sock_rcvlowat). A listener of MPTCP, as Go's are, accepts TCP with 0.
	if low, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT); err != nil || low > 1 {
		return false
	}
	if unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, holdBelow) != nil {
		return false
	}
	return true
}

// release ends what hold began. The kernel wakes the program if there is input (tcp_set_rcvlowat calls
// tcp_data_ready).
func (h fdControl) release() bool {
	_ = unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1) // fails only if the connection has ended
	return true
}

// peek returns the first bytes that the program has not read, which it still gets.
func (h fdControl) peek(b []byte) []byte {
	n, _, err := unix.Recvfrom(h.fd, b, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	return b[:n]
}
