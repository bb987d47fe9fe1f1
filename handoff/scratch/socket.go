package scratch

import (
	"net"
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Socket makes a folder like Make, in which listen makes a socket of that name. If hotswap is root, every user who
// knows the socket's path may connect, because the program may have become another user. Nobody else knows the path.
func (f *Folder) Socket(prefix, name string, listen func(path string) error) (dir string, err error) {
	dir, err = f.Make(prefix)
	if err != nil {
		return "", err
	}
	// /proc/net/unix shows to every user the path that bind(2) was given, and nothing else leads to the socket. So that
	// is the path of a descriptor. Without /proc it is dir: whoever finds it is turned away.
	path := dir
	if open, err := os.Open(dir); err == nil {
		defer open.Close()
		at := procfs.Self.FD(int(open.Fd()))
		if _, err := os.Stat(at); err == nil {
			path = at
		}
	}
	err = listen(filepath.Join(path, name))
	if err == nil {
		err = os.Chmod(filepath.Join(dir, name), 0o777) // for whom the folder is open
	}
	if err != nil {
		_ = os.RemoveAll(dir)
	}
	return dir, err
}

// Listen is Socket for connections. The caller closes the listener and removes the folder.
func (f *Folder) Listen(prefix, name string) (l *net.UnixListener, dir string, err error) {
	dir, err = f.Socket(prefix, name, func(path string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err == nil {
			l.SetUnlinkOnClose(false) // the path is not the listener's
		}
		return err
	})
	return l, dir, err
}
