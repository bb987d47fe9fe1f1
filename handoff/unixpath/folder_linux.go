package unixpath

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// folder is the open folder of a path. No name in it is followed as a symbolic link, so nobody can lead hotswap
// elsewhere.
type folder struct {
	fd   int
	dir  string
	base string
	own  string // the name that a socket has beside the path, in the same folder
}

// in calls do with the open folder of the endpoint, for a socket there.
func in(e handoff.Endpoint, inode uint64, do func(folder) error) error {
	dir, base := path.Dir(e.Path), path.Base(e.Path)
	fd, err := unix.Openat2(unix.AT_FDCWD, dir, &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(folder{fd, dir, base, fmt.Sprintf(".%s.hotswap-%d", base, inode)})
}

// stat returns the file of that name; ok is false if that is no socket, or (inode 0) there is none.
func (d folder) stat(name string) (st unix.Stat_t, ok bool) {
	err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// remove removes the name, if the name leads to that socket's file.
func (d folder) remove(name string, file uint64) {
	if st, there := d.stat(name); there && st.Ino == file {
		_ = unix.Unlinkat(d.fd, name, 0)
	}
}

// address returns a name as an address that fits, however long the folder's path is.
func (d folder) address(name string) string { return procfs.Self.FD(d.fd) + "/" + name }

// like gives a socket's file the owner and mode of another, as far as hotswap may. It goes by the file itself, because
// somebody may put a symbolic link, or another file, at the name meanwhile.
func (d folder) like(name string, other unix.Stat_t) {
	fd, err := unix.Openat(d.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var own unix.Stat_t
	if err := unix.Fstat(fd, &own); err != nil || own.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return
	}
	file := procfs.Self.FD(fd)
	if own.Uid != other.Uid || own.Gid != other.Gid {
		_ = unix.Chown(file, int(other.Uid), int(other.Gid))
	}
	if own.Mode != other.Mode {
		_ = unix.Chmod(file, other.Mode&0o7777)
	}
}
