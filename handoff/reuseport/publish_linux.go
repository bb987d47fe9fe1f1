package reuseport

import (
	"fmt"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// farewellMost is how long a program may take to close a probe.
const farewellMost = 5 * time.Second

// ownName returns the name of a unix gate in the folder of its path.
func ownName(e handoff.Endpoint, inode uint64) string {
	return fmt.Sprintf(".%s.hotswap-%d", path.Base(e.Path), inode)
}

// folder is the open folder of a path, for the caller to close. No name in it is followed as a symbolic link,
// so nobody can lead hotswap elsewhere.
type folder struct {
	fd   int
	base string
}

func openFolder(e handoff.Endpoint) (folder, error) {
	fd, err := unix.Openat2(unix.AT_FDCWD, path.Dir(e.Path), &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	return folder{fd, path.Base(e.Path)}, err
}

func (d folder) close() { _ = unix.Close(d.fd) }

// stat returns the file of that name; ok is false if that is no socket, or (inode 0) there is none.
func (d folder) stat(name string) (st unix.Stat_t, ok bool) {
	err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// address returns a name as an address that fits, however long the folder's path is.
func (d folder) address(name string) *unix.SockaddrUnix {
	return &unix.SockaddrUnix{Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.fd, name)}
}

// own returns the address of a gate's own name, which the program reads (getsockname(2)) and may unlink or change the mode
// by. A name that is too long is reached by the open folder (unix(7): 108 bytes).
func (d folder) own(e handoff.Endpoint, inode uint64) *unix.SockaddrUnix {
	at := path.Join(path.Dir(e.Path), ownName(e, inode))
	if len(at) > 107 {
		return d.address(ownName(e, inode))
	}
	return &unix.SockaddrUnix{Name: at}
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

// chmod changes the mode of a socket's file; 0: it stays.
func (d folder) chmod(name string, mode uint32) {
	if own, there := d.stat(name); there && mode != 0 {
		wanted := own
		wanted.Mode = mode
		d.like(name, own, wanted)
	}
}

// BindBeside binds a program's socket beside the path, with the user's rights; nil: those of this process. The file gets
// the mode.
func BindBeside(fd int, e handoff.Endpoint, inode uint64, user *syscall.Credential, mode uint32) error {
	d, err := openFolder(e)
	if err != nil {
		return err
	}
	defer d.close()
	thread.Own(func() { err = d.bind(fd, e, inode, user, mode) })
	return err
}

// connect connects without blocking.
func (d folder) connect(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, d.address(name)); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// like gives a socket's file the owner and mode of another, as far as hotswap may. It goes by the file itself, because
// somebody may have put a symbolic link at the name.
func (d folder) like(name string, own, other unix.Stat_t) {
	fd, err := unix.Openat(d.fd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Ino != own.Ino {
		return
	}
	file := fmt.Sprintf("/proc/self/fd/%d", fd)
	if own.Uid != other.Uid || own.Gid != other.Gid {
		_ = unix.Chown(file, int(other.Uid), int(other.Gid))
	}
	if own.Mode != other.Mode {
		_ = unix.Chmod(file, other.Mode&0o7777)
	}
}

// deserted reports whether nobody listens at the name.
func (d folder) deserted(name string) bool {
	fd, err := d.connect(name)
	if err == nil {
		_ = unix.Close(fd)
	}
	return err == unix.ECONNREFUSED
}

// File looks in the folder.
func (SystemKernel) File(e handoff.Endpoint, inode uint64) (file uint64, atPath bool, err error) {
	d, err := openFolder(e)
	if err != nil {
		return 0, false, err
	}
	defer d.close()
	public, there := d.stat(d.base)
	own, named := d.stat(ownName(e, inode))
	switch {
	case named:
		return own.Ino, there && public.Ino == own.Ino, nil
	case there:
		return public.Ino, true, nil
	}
	return 0, false, unix.ENOENT
}

// Keep is link(2). Where fs.protected_hardlinks is set, it takes the file's owner or CAP_FOWNER (proc_sys_fs(5)).
func (SystemKernel) Keep(e handoff.Endpoint, inode, file uint64) error {
	d, err := openFolder(e)
	if err != nil {
		return err
	}
	defer d.close()
	if st, there := d.stat(d.base); !there || st.Ino != file {
		return nil // it has its name, or none reaches it any more
	}
	if err := unix.Linkat(d.fd, d.base, d.fd, ownName(e, inode), 0); err != nil && err != unix.EEXIST {
		return err
	}
	return nil
}

// Publish links the socket to a temporary name, which it renames: a rename of its own name would lose that, and a
// link cannot replace the path. connect(2) finds the old socket before the rename and the new one after it.
func (SystemKernel) Publish(e handoff.Endpoint, inode uint64, ours map[uint64]uint32) error {
	d, err := openFolder(e)
	if err != nil {
		return err
	}
	defer d.close()
	name := ownName(e, inode)
	own, named := d.stat(name)
	public, there := d.stat(d.base)
	mode, is := ours[public.Ino]
	switch {
	case !named:
		return nil // the program bound it there, and may have renamed it
	case named && there && own.Ino == public.Ino:
		return nil // a rename onto a link of the same file does nothing, and leaves both (rename(2))
	case !there && public.Ino != 0:
		return fmt.Errorf("the file there is no socket: %w", unix.EEXIST)
	case there && !is && !d.deserted(d.base):
		return ErrTaken
	}
	if there && is {
		if ours[own.Ino] != 0 && mode == public.Mode&0o7777 { // nobody has changed the mode at the path
			public.Mode = own.Mode
		}
		d.like(name, own, public)
	}
	next := name + "~"
	_ = unix.Unlinkat(d.fd, next, 0) // that of a killed hotswap
	if unix.Linkat(d.fd, name, d.fd, next, 0) != nil {
		return unix.Renameat(d.fd, name, d.fd, d.base) // Keep gives it a name again, if anything can
	}
	if err := unix.Renameat(d.fd, next, d.fd, d.base); err != nil {
		_ = unix.Unlinkat(d.fd, next, 0)
		return err
	}
	return nil
}

// Chmod changes nothing where hotswap may not.
func (SystemKernel) Chmod(e handoff.Endpoint, inode uint64, mode uint32) {
	if d, err := openFolder(e); err == nil {
		d.chmod(ownName(e, inode), mode)
		d.close()
	}
}

// Remove compares files: a socket keeps the inode of its file, so that no other file can have the number.
func (SystemKernel) Remove(e handoff.Endpoint, inode, file uint64) {
	d, err := openFolder(e)
	if err != nil {
		return
	}
	defer d.close()
	if public, there := d.stat(d.base); there && public.Ino == file {
		_ = unix.Unlinkat(d.fd, d.base, 0)
	}
	_ = unix.Unlinkat(d.fd, ownName(e, inode), 0)
}

// RemoveLeftovers removes the names that a killed hotswap has left of sockets at which nobody listens, and the path if
// it leads to one of them, or if nobody listens at its file and that is old. It is for a path that is no gate's.
func RemoveLeftovers(e handoff.Endpoint, old uint64) {
	d, err := openFolder(e)
	if err != nil {
		return
	}
	defer d.close()
	if public, there := d.stat(d.base); there && public.Ino == old && d.deserted(d.base) {
		_ = unix.Unlinkat(d.fd, d.base, 0)
	}
	all, _ := os.ReadDir(path.Dir(e.Path))
	for _, entry := range all {
		number, ours := strings.CutPrefix(entry.Name(), "."+d.base+".hotswap-")
		if !ours || strings.Trim(number, "0123456789~") != "" {
			continue
		}
		left, there := d.stat(entry.Name())
		if !there || !d.deserted(entry.Name()) {
			continue
		}
		if public, there := d.stat(d.base); there && public.Ino == left.Ino {
			_ = unix.Unlinkat(d.fd, d.base, 0)
		}
		_ = unix.Unlinkat(d.fd, entry.Name(), 0)
	}
}

// openUnix returns a socket of hotswap's own beside the path, whose file belongs to the user as; nil: hotswap's.
func openUnix(e handoff.Endpoint, as *syscall.Credential) (fd int, err error) {
	d, err := openFolder(e)
	if err != nil {
		return -1, err
	}
	defer d.close()
	if fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
		return -1, err
	}
	inode, _, err := SystemKernel{}.Inode(fd)
	if err == nil {
		thread.Own(func() { err = d.bindAs(as, fd, e, inode) })
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
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

// queueOfUnix returns 1 if clients wait: the kernel tells no number (unix_poll, unix_shutdown).
func queueOfUnix(fd int) (waiting int, listening bool, err error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}}
	if _, err := unix.Poll(fds, 0); err != nil {
		return 0, true, err
	}
	accepts, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil || accepts == 0 || fds[0].Revents&unix.POLLRDHUP != 0 {
		return 0, false, err
	}
	return int(fds[0].Revents & unix.POLLIN), true, nil
}

// farewell closes a connection in the program's pace: the program reads its end, and may answer. A write to a unix socket
// whose other end is closed is an error at once (EPIPE), of which simple servers die.
func farewell(fd int) {
	_ = unix.Shutdown(fd, unix.SHUT_WR)
	for end := time.Now().Add(farewellMost); time.Now().Before(end); {
		fds := []unix.PollFd{{Fd: int32(fd)}} // POLLHUP is always asked for
		if n, err := unix.Poll(fds, int(time.Until(end).Milliseconds())+1); n > 0 || err != nil && err != unix.EINTR {
			break
		}
	}
	_ = unix.Close(fd)
}

// isOver reports whether the client has closed its connection without a word, as hotswap's probes do.
func isOver(conn int) bool {
	n, _, err := unix.Recvfrom(conn, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return n == 0 && err == nil
}

// dialUnix connects to the gate that the generation opened last, by its own name if it has one.
func dialUnix(r *Registry, gen handoff.GenID, e handoff.Endpoint) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var mine []*Gate
	if g := r.groups[e]; g != nil {
		mine = accepting(g.listeners(gen))
	}
	if len(mine) == 0 {
		return -1, fmt.Errorf("probe %s: %w", e, ErrNoGate)
	}
	d, err := openFolder(e)
	if err != nil {
		return -1, err
	}
	defer d.close()
	name := ownName(e, mine[len(mine)-1].inode)
	if _, named := d.stat(name); !named {
		name = d.base
	}
	return d.connect(name)
}
