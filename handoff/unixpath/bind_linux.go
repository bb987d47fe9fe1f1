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
func (f Files) OpenBeside(e handoff.Endpoint) (fd int, err error) {
	if fd, err = newSocket(); err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil {
		err = in(e, func(d folder) (err error) {
			thread.Own(func() { err = d.bindAs(f.As, fd, e, st.Ino) })
			return err
		})
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

// bindAs binds a socket of hotswap's own for the user; nil: for hotswap. Where that user may not make files, hotswap makes
// the file in the open folder, which the program does not read as its own name.
func (d folder) bindAs(user *syscall.Credential, fd int, e handoff.Endpoint, inode uint64) error {
	err := d.bind(fd, e, inode, user, 0)
	if user == nil || err != unix.EACCES {
		return err
	}
	header, caps := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, [2]unix.CapUserData{}
	if err := unix.Capget(&header, &caps[0]); err != nil {
		return err
	}
	caps[0].Effective = caps[0].Permitted // setfsuid(2) has taken CAP_DAC_OVERRIDE
	if err := unix.Capset(&header, &caps[0]); err != nil {
		return err
	}
	return unix.Bind(fd, d.address(ownName(e, inode)))
}
