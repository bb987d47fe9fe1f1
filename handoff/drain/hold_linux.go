package drain

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// holdBelow is how many bytes must have come before the kernel wakes a program whose input is held. The kernel lowers
// that number to half of what it lets come (tcp_set_rcvlowat).
const holdBelow = 1 << 30

// holdable reports whether input can be held, and whether it is held. A call that waits inside the kernel has taken the
// old limit already, or would keep the new one (tcp_recvmsg_locked). So hotswap leaves a socket alone on which calls
// wait, as it does a socket whose program has set a limit of its own, and one of MPTCP.
func (h *control) holdable() (can, held bool) {
	if !h.nonblocking() {
		return false, false
	}
	if p, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); err != nil || p != unix.IPPROTO_TCP {
		return false, false
	}
	// The kernel takes 0 for 1 (sock_rcvlowat). A listener of MPTCP, as Go's are, accepts TCP with 0.
	low, err := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT)
	return err == nil && low <= 1, err == nil && low >= heldFrom
}

// hold has the kernel not wake the program for input (SO_RCVLOWAT, socket(7); tcp_data_ready, tcp_poll). A program
// that reads without being awakened still gets the input. The end of the client's side wakes the program as ever.
//
// hold does nothing if input has come meanwhile: a program that was awakened for that input may make the socket a
// blocking one, and then wait for as many bytes as the limit says. never says that the input cannot be held.
func (h *control) hold() (held, never bool) {
	if can, _ := h.holdable(); !can || unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, holdBelow) != nil {
		return false, true
	}
	unread, err := unix.IoctlGetInt(h.fd, unix.SIOCINQ)
	if _, high := h.holdable(); !high || !h.nonblocking() || err != nil {
		h.release()
		return false, true
	}
	if unread > 0 {
		h.release()
		return false, false
	}
	return true, false
}

// limit returns how many bytes must lie there before the kernel wakes a program whose input is held. At most half of
// them may belong to a request that moves, so that what the client sends behind the request does not wake the program.
func (h *control) limit() int {
	low, _ := unix.GetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT)
	return max(low, heldFrom)
}

// nonblocking reports whether calls do not wait on the socket.
func (h *control) nonblocking() bool {
	flags, err := unix.FcntlInt(uintptr(h.fd), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_NONBLOCK != 0
}

// release ends what hold began. The kernel wakes the program if there is input (tcp_set_rcvlowat calls
// tcp_data_ready). release fails only if the connection has ended.
func (h *control) release() { _ = unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1) }

// peek returns the first bytes that the program has not read, which it still gets.
func (h *control) peek(b []byte) []byte {
	n, _, err := unix.Recvfrom(h.fd, b, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	return b[:n]
}

// duplicate returns a descriptor of the socket that lives on, for the caller to close.
func (h *control) duplicate() (int, error) {
	return unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 1) // 0 says that there is no duplicate
}

// take reads the request that peek has shown, and returns a duplicate that lives on, for the caller to close. A program
// on a busy machine may read at last what it tried to read before it waited. Bytes of the head are useless to the
// program, and hotswap knows them. take returns false if the program has read more meanwhile: a large request takes
// nearly a millisecond from the peek to here, so take counts again what is left and leaves it to the program. If the
// program reads in the microseconds after that, its part and the rest are in two hands, and take ends the connection.
func (h *control) take(seen []byte, head int) (fd int, ok bool) {
	fd, err := h.duplicate()
	if err != nil {
		return -1, false
	}
	b, n := make([]byte, len(seen)), 0
	left, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	if err == nil && len(seen)-left < head {
		n, _, err = unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
	}
	switch {
	case err != nil || n <= 0:
	case len(seen)-n < head && bytes.HasSuffix(seen, b[:n]):
		return fd, true
	default:
		h.end()
	}
	_ = unix.Close(fd)
	return -1, false
}
