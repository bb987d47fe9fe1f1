package intercept

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// unixBook knows at which unix addresses generations have listened. Its entries stay
// when a generation has ended: the file of a socket outlives it.
type unixBook struct {
	mu sync.Mutex // guards at
	at map[unixPlace]unixListener
}

// maxUnix is how many addresses are known at most. Programs that make up a new path
// each time must not fill the memory; beyond, nothing more is learned until older
// addresses are gone.
const maxUnix = 256

// unixPlace names a unix address beyond doubt, whatever the directory, the root or
// the namespaces of who uses it.
type unixPlace struct {
	dev, ino uint64  // of the directory of a path
	network  network // of an abstract name
	name     string  // in that directory or network namespace
}

// unixListener is a socket that listens at such an address, or has listened.
type unixListener struct {
	gen   handoff.GenID
	inode uint64
	file  fileID // the socket's file; zero: an abstract name has none
	tree  func() []int
}

// fileID tells a file from a later one that has the same inode number.
type fileID struct {
	dev, ino uint64
	born     unix.StatxTimestamp // zero where the file system does not say
}

// listens reports whether the socket is still there: a process of its generation has
// it open, or the kernel lists it in the caller's network namespace, for a thread that
// waits in accept(2) keeps a socket which the program has closed.
func (l unixListener) listens(who caller) bool {
	found := false
	for _, pid := range l.tree() {
		fdtable.Sockets(pid, func(_, _ int, inode uint64) { found = found || inode == l.inode })
	}
	return found || who.lists(l.inode)
}

// lists reports whether /proc/PID/net/unix has the socket (proc_pid_net(5)).
func (c caller) lists(inode uint64) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/unix", c.tid))
	if err != nil {
		return false
	}
	want := strconv.FormatUint(inode, 10)
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 6 && f[6] == want {
			return true
		}
	}
	return false
}

// enter notes who listens.
func (b *unixBook) enter(p unixPlace, l unixListener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == nil {
		b.at = map[unixPlace]unixListener{}
	}
	if _, known := b.at[p]; !known && len(b.at) >= maxUnix {
		for at, old := range b.at {
			if len(old.tree()) == 0 {
				delete(b.at, at)
			}
		}
	}
	if _, known := b.at[p]; known || len(b.at) < maxUnix {
		b.at[p] = l
	}
}

// find returns who listened there last.
func (b *unixBook) find(p unixPlace) (unixListener, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.at[p]
	return l, ok
}

// unixDir is the open directory of a path. It is closed with close.
type unixDir struct {
	fd   int // -1: an abstract name has none
	base string
}

func (d unixDir) close() {
	if d.fd >= 0 {
		_ = unix.Close(d.fd)
	}
}

// place finds the address as the caller means it. dup is a duplicate of its socket,
// or -1.
func (c caller) place(name string, dup int) (unixPlace, unixDir, error) {
	none := unixDir{fd: -1}
	if strings.HasPrefix(name, "@") {
		return unixPlace{network: c.networkOf(dup), name: name}, none, nil
	}
	from, in := "cwd", path.Dir(name)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}
	if path.IsAbs(name) {
		from, how.Resolve = "root", unix.RESOLVE_IN_ROOT
	}
	start, err := unix.Open(fmt.Sprintf("/proc/%d/%s", c.tid, from), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return unixPlace{}, none, err
	}
	defer unix.Close(start)
	d := unixDir{base: path.Base(name)}
	if d.fd, err = unix.Openat2(start, in, &how); err != nil {
		return unixPlace{}, none, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		d.close()
		return unixPlace{}, none, err
	}
	return unixPlace{dev: st.Dev, ino: st.Ino, name: d.base}, d, nil
}

// socket is the socket's file in the directory, if it is one.
func (d unixDir) socket() (f fileID, ok bool) {
	if d.fd < 0 {
		return f, false
	}
	var st unix.Statx_t
	err := unix.Statx(d.fd, d.base, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_INO|unix.STATX_TYPE|unix.STATX_BTIME, &st)
	if err != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return f, false
	}
	f = fileID{dev: unix.Mkdev(st.Dev_major, st.Dev_minor), ino: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		f.born = st.Btime
	}
	return f, true
}

// clear removes the file of a listener that is gone, so that the address can be bound:
// the very file that it made, and only if nobody listens there.
func (d unixDir) clear(l unixListener) {
	if f, ok := d.socket(); ok && f == l.file && d.deserted() {
		_ = unix.Unlinkat(d.fd, d.base, 0)
	}
}

// deserted reports whether nobody listens at the socket's file: connect(2) is refused.
func (d unixDir) deserted() bool {
	for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET} {
		fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return false
		}
		// A path may be longer than an address: this one is not.
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.fd, d.base)})
		_ = unix.Close(fd)
		if err != unix.EPROTOTYPE {
			return err == unix.ECONNREFUSED
		}
	}
	return false
}
