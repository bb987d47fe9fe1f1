package unixpath

import (
	"fmt"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// BindBeside binds a program's socket beside the path, with the user's rights; nil: those of this process. The file
// becomes like that at the path, which is a gate's, before anybody can connect (listen(2)).
func BindBeside(fd int, e handoff.Endpoint, inode uint64, user *syscall.Credential) error {
	return in(e, inode, func(d folder) (err error) {
		thread.Own(func() {
			err = d.bind(fd, user)
			if public, there := d.stat(d.base); there && err == nil {
				d.like(d.own, public)
			}
		})
		return err
	})
}

// OpenBeside returns a non-blocking socket of hotswap's own that is bound beside the path. The caller closes the
// socket.
func (Files) OpenBeside(e handoff.Endpoint) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	if err == nil {
		err = in(e, st.Ino, func(d folder) error { return d.bind(fd, nil) })
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
}

// bind binds a socket beside the path, with the rights of the user, who may lead the path elsewhere meanwhile. It is
// for a thread of its own.
func (d folder) bind(fd int, user *syscall.Credential) error {
	if err := thread.Become(user); err != nil {
		return err
	}
	// The program reads the name (getsockname(2)), and may unlink or change the mode by it. One that is too long is
	// reached by the open folder (unix(7): 108 bytes).
	at := path.Join(d.dir, d.own)
	if len(at) > 107 {
		at = d.address(d.own)
	}
	return unix.Bind(fd, &unix.SockaddrUnix{Name: at})
}
