package unixpath

import (
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// Hide binds the socket in a temporary folder, and removes that. A thread whose root is the folder binds the path
// itself, so getsockname(2) returns the path, by which puma finds a passed socket. Without CAP_SYS_CHROOT the name is
// another one, but the same for each generation, by which adapters hand connections over: only where unshare(2) is
// forbidden, too, or the path is long, it is not.
func (k Files) Hide(e handoff.Endpoint) (fd, file int, err error) {
	dir, err := k.Folder("passed-")
	if err != nil {
		return -1, 0, err
	}
	defer os.RemoveAll(dir)
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, 0, err
	}
	at := filepath.Join(dir, e.Path)
	thread.Own(func() {
		err = os.MkdirAll(filepath.Dir(at), 0o700)
		if err != nil {
			return
		}
		if unix.Unshare(unix.CLONE_FS) == nil && filepath.IsAbs(e.Path) {
			name := e.Path
			if unix.Chroot(dir) != nil {
				name = "/proc/thread-self/cwd" + name
				err = unix.Chdir(dir)
			}
			if err == nil && unix.Bind(fd, &unix.SockaddrUnix{Name: name}) == nil {
				return
			}
		}
		d := folder{base: filepath.Base(e.Path)}
		d.fd, err = unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return
		}
		defer unix.Close(d.fd)
		at = filepath.Join(dir, d.base)
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: d.address(d.base)}) // however long the folder's path is
	})
	if err == nil {
		err = os.Chmod(at, 0o666) // for DialFor
	}
	if err == nil {
		file, err = unix.Open(at, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	return fd, file, nil
}

// DialFor connects without blocking to the socket of a file: as the client's user, if this process is root and may
// become that; nil: as itself. The program asks for that user by SO_PEERCRED.
func DialFor(client net.Conn, file int) (conn net.Conn, err error) {
	dial := func() { conn, err = net.Dial("unix", procfs.Self.FD(file)) }
	var user *unix.Ucred
	if c, ok := client.(*net.UnixConn); ok {
		user, _ = unix.GetsockoptUcred(rights.FD(c), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}
	if user == nil || user.Uid == 0 || os.Geteuid() != 0 {
		dial()
		return conn, err
	}
	thread.Own(func() {
		_ = unix.Setgroups(nil)
		// Package unix would change all threads.
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESGID, ^uintptr(0), uintptr(user.Gid), ^uintptr(0))
		_, _, _ = unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(user.Uid), ^uintptr(0))
		dial()
	})
	return conn, err
}
