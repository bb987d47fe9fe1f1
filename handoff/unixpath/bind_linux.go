package unixpath

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// BindBeside binds a program's socket beside the path, with the user's rights; nil: those of this process. The file gets
// the mode.
func BindBeside(fd int, e handoff.Endpoint, inode uint64, user *syscall.Credential, mode uint32) error {
	return in(e, func(d folder) (err error) {
		thread.Own(func() { err = d.bind(fd, e, inode, user, mode) })
		return err
	})
}

// OpenBeside returns a non-blocking socket of hotswap's own that is bound beside the path. The caller closes the socket.
func (Files) OpenBeside(e handoff.Endpoint) (fd int, err error) {
	if fd, err = newSocket(); err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil {
		err = in(e, func(d folder) error { return d.bind(fd, e, st.Ino, nil, 0) })
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
}

// bind binds a socket beside the path, with the rights of the user, who may lead the path elsewhere meanwhile. It is for a
// thread of its own. A thread's own umask takes unshare(2), which profiles of containers forbid, so the mode comes after the
// bind: nobody can connect before listen(2).
func (d folder) bind(fd int, e handoff.Endpoint, inode uint64, user *syscall.Credential, mode uint32) error {
	if err := thread.Become(user); err != nil {
		return err
	}
	if err := unix.Bind(fd, d.own(e, inode)); err != nil {
		return err
	}
	d.chmod(ownName(e, inode), mode)
	return nil
}
