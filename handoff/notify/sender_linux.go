package notify

import (
	"bytes"
	"errors"
	"net"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// controlSpace has room for the credentials and for the most descriptors that
// a message may have (SCM_MAX_FD); the kernel closes what does not fit.
const controlSpace = 2048

// passCredentials makes the kernel add the sender to each message.
func passCredentials(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1) })
	return errors.Join(err, set)
}

// sender is a process, or 0, and its user.
type sender struct{ pid, uid int }

// control reads what comes beside a message: who sent it, and descriptors, which done closes. They are of no use here, but who sent
// BARRIER=1 waits until its one is closed.
func control(oob []byte) (from sender, done func()) {
	var files []int
	msgs, _ := unix.ParseSocketControlMessage(oob)
	for i := range msgs {
		if fds, err := unix.ParseUnixRights(&msgs[i]); err == nil {
			files = append(files, fds...)
		}
		if cred, err := unix.ParseUnixCredentials(&msgs[i]); err == nil {
			from = sender{int(cred.Pid), int(cred.Uid)}
		}
	}
	return from, func() {
		for _, fd := range files {
			_ = unix.Close(fd)
		}
	}
}

// belongs says whether the sender is one of the tree; or has ended and was of a
// user that one of the tree is, or we are.
func belongs(from sender, tree func() []int) bool {
	for range 2 { // a look at the tree may miss a process that was forked meanwhile
		pids := tree()
		switch {
		case from.pid <= 0:
			return false
		case slices.Contains(pids, from.pid):
			return true
		case errors.Is(unix.Kill(from.pid, 0), unix.ESRCH):
			return from.uid == os.Getuid() || slices.ContainsFunc(pids, func(pid int) bool { return is(pid, from.uid) })
		}
	}
	return false
}

// is says whether the process has that real user, as credentials name it
// (proc_pid_status(5)). The owner of /proc/PID would be root for one that has
// changed its user.
func is(pid, uid int) bool {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return bytes.Contains(b, []byte("\nUid:\t"+strconv.Itoa(uid)+"\t"))
}
