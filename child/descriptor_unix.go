//go:build unix

package child

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// duplicate never uses Fd(), which would make the socket block for all that share it.
func duplicate(c syscall.Conn, name string) (*os.File, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	dup := -1
	var failed error
	err = raw.Control(func(fd uintptr) { dup, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, failed); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(dup), name), nil
}

// rightsOf returns the control message that passes a descriptor (SCM_RIGHTS, unix(7)).
func rightsOf(fd int) []byte { return unix.UnixRights(fd) }

// roomForRights is for as many descriptors as one message of hotswap brings, and more.
var roomForRights = unix.CmsgSpace(4 * 16)

// rightsIn returns the descriptors of control messages. They are close-on-exec, see
// [net.UnixConn.ReadMsgUnix].
func rightsIn(oob []byte) (files []*os.File) {
	if len(oob) == 0 {
		return nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "kept"))
		}
	}
	return files
}
