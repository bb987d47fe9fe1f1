package readiness

import (
	"bytes"
	"errors"
	"net"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// controlSpace has room for the credentials and for the most descriptors that a message can have
// (SCM_MAX_FD).
const controlSpace = 2048

// passCredentials makes the kernel add the sender to each message.
func passCredentials(conn *net.UnixConn) error {
	return with(conn, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1) })
}

// sender is a process, or 0, and its user.
type sender struct{ pid, uid int }

// control reads the sender and the descriptors of a message. The caller owns the descriptors: the sender of
// BARRIER=1 waits until they are closed.
func control(oob []byte) (from sender, fds []int) {
	msgs, _ := unix.ParseSocketControlMessage(oob)
	for i := range msgs {
		if cred, err := unix.ParseUnixCredentials(&msgs[i]); err == nil {
			from = sender{int(cred.Pid), int(cred.Uid)}
		}
	}
	return from, rights.Parse(oob)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}

// belongs reports whether the sender is a process of the tree, or has ended and had hotswap's user or that of
// a process of the tree.
func (s sender) belongs(tree func() []int) bool {
	for range 2 { // a look at the tree may miss a process that was just forked
		pids := tree()
		switch {
		case s.pid <= 0:
			return false
		case slices.Contains(pids, s.pid):
			return true
		case errors.Is(unix.Kill(s.pid, 0), unix.ESRCH):
			return s.uid == os.Getuid() || slices.ContainsFunc(pids, func(pid int) bool { return hasUser(pid, s.uid) })
		}
	}
	return false
}

// hasUser reports whether the process has the real user ID, which credentials name (proc_pid_status(5)). The
// owner of /proc/PID would be root for a process that has changed its user.
func hasUser(pid, uid int) bool {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return bytes.Contains(b, []byte("\nUid:\t"+strconv.Itoa(uid)+"\t"))
}
