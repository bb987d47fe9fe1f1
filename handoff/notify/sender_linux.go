package notify

import (
	"errors"
	"net"
	"slices"

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

// control reads what comes beside a message: the process that sent it, or 0, and
// descriptors, which done closes. They are of no use here, but who sent
// BARRIER=1 waits until its one is closed.
func control(oob []byte) (sender int, done func()) {
	var files []int
	msgs, _ := unix.ParseSocketControlMessage(oob)
	for i := range msgs {
		if fds, err := unix.ParseUnixRights(&msgs[i]); err == nil {
			files = append(files, fds...)
		}
		if cred, err := unix.ParseUnixCredentials(&msgs[i]); err == nil {
			sender = int(cred.Pid)
		}
	}
	return sender, func() {
		for _, fd := range files {
			_ = unix.Close(fd)
		}
	}
}

// belongs says whether the sender is one of the tree, or has ended.
func belongs(sender int, tree func() []int) bool {
	for range 2 { // a look at the tree may miss a process that was forked meanwhile
		if sender > 0 && (slices.Contains(tree(), sender) || errors.Is(unix.Kill(sender, 0), unix.ESRCH)) {
			return true
		}
	}
	return false
}

// refused says that nobody has the socket open.
func refused(err error) bool { return errors.Is(err, unix.ECONNREFUSED) }
