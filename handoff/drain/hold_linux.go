package drain

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// holdBelow is how many bytes must have come before the kernel wakes a program whose input is held. The kernel makes
// that half of what it lets come (tcp_set_rcvlowat).
const holdBelow = 1 << 30

// holdable reports whether input can be held, and whether it is. A call that waits inside the kernel has taken the
// old limit already, or would keep the new one (tcp_recvmsg_locked), so a socket on which calls wait is left alone,
// as is one whose program has set a limit of its own, and one of MPTCP.
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
// that reads without being awakened still gets it. The end of the client's side wakes the program as ever.
//
// It does nothing if input has come meanwhile: a program that was awakened for it may make the socket a blocking one,
// and then wait for as many bytes as the limit says. never says that the input cannot be held.
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

// limit returns how many bytes must lie there before the kernel wakes a program whose input is held. Less than half
// of it can be the body of a request that moves, because what the client sends behind it is another's.
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
// tcp_data_ready). It fails only if the connection has ended.
func (h *control) release() { _ = unix.SetsockoptInt(h.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1) }

// peek returns the first bytes that the program has not read, which it still gets.
func (h *control) peek(b []byte) []byte {
	n, _, err := unix.Recvfrom(h.fd, b, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	return b[:n]
}

// duplicate returns a descriptor that lives on, for the caller to close.
func (h *control) duplicate() (int, error) {
	return unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 1) // 0 says that there is none
}

// take reads the request that peek has shown, and returns a duplicate that lives on, for the caller to close. A program on a
// busy machine may read at last what it tried to read before it waited: bytes of the head do it no good, and hotswap
// knows them. It returns false if the program has read more meanwhile. If take then has read the rest, it ends the
// connection.
func (h *control) take(seen []byte, head int) (fd int, ok bool) {
	fd, err := h.duplicate()
	if err != nil {
		return -1, false
	}
	b := make([]byte, len(seen))
	n, _, err := unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
	if err == nil && len(seen)-n < head && bytes.HasSuffix(seen, b[:n]) {
		return fd, true
	}
	if err == nil && n > 0 {
		h.end()
	}
	_ = unix.Close(fd)
	return -1, false
}

// awaited reports whether a thread of a process that has the connection waits in a call for its input
// (proc_pid_syscall(5)).
func (h *control) awaited(holders []holder) bool {
	for _, one := range holders {
		for _, tid := range task.IDs(one.pid) {
			b, err := os.ReadFile(task.Dir(one.pid, tid) + "/syscall")
			f := strings.Fields(string(b))
			if err != nil || len(f) < 2 {
				continue
			}
			call, _ := strconv.Atoi(f[0])
			fd, err := strconv.ParseUint(f[1], 0, 64)
			if err == nil && int(fd) == one.fd && (call == unix.SYS_READ || call == unix.SYS_RECVFROM || call == unix.SYS_RECVMSG || call == unix.SYS_READV) {
				return true
			}
		}
	}
	return false
}
