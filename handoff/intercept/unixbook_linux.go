package intercept

import (
	"fmt"
	"maps"
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
	mu sync.Mutex // guards what follows
	at map[unixPlace]unixListener
	// binds has those of these addresses at which a generation was let bind since,
	// and has not listened yet. Its socket's file is not known.
	binds map[unixPlace]unixListener
	// unlooked is how many addresses find no room before it is looked for again.
	unlooked int
}

const (
	// maxUnix is how many addresses are known at most. Programs that make up a new
	// path each time must not fill the memory; beyond, those are forgotten whose
	// socket no process has.
	maxUnix = 256
	// lookUnix is how many addresses share the cost of one look at which those are:
	// it reads all descriptors of the generations.
	lookUnix = 64
)

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
	open, _ := l.open()
	return open[l.inode] || who.lists(l.inode)
}

// open are the sockets that the processes of its generation have open. An error means
// that one of the processes may not be looked into.
func (l unixListener) open() (map[uint64]bool, error) {
	open, wrong := map[uint64]bool{}, error(nil)
	for _, pid := range l.tree() {
		if err := fdtable.Sockets(pid, func(_, _ int, inode uint64) { open[inode] = true }); err != nil {
			wrong = err
		}
	}
	return open, wrong
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
	if b.put(p, l) {
		b.prune()
		b.put(p, l)
	}
}

// put does so if there is room, and says whether to look for room.
func (b *unixBook) put(p unixPlace, l unixListener) (look bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == nil {
		b.at = map[unixPlace]unixListener{}
	}
	if _, known := b.at[p]; known || len(b.at) < maxUnix {
		b.at[p] = l
		delete(b.binds, p)
		return false
	}
	if b.unlooked > 0 {
		b.unlooked--
		return false
	}
	b.unlooked = lookUnix
	return true
}

// prune forgets the sockets that no process has. Each generation is looked at once,
// and nobody waits for that: the lock is not held.
func (b *unixBook) prune() {
	b.mu.Lock()
	all := maps.Clone(b.at)
	b.mu.Unlock()
	type seen struct {
		open map[uint64]bool
		err  error
	}
	looked := map[handoff.GenID]seen{}
	for p, l := range all {
		g, ok := looked[l.gen]
		if !ok {
			g.open, g.err = l.open()
			looked[l.gen] = g
		}
		if g.err != nil || g.open[l.inode] {
			delete(all, p)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for p, l := range all {
		if now := b.at[p]; now.gen == l.gen && now.inode == l.inode {
			delete(b.at, p)
			delete(b.binds, p)
		}
	}
}

// let notes that a generation is about to bind at an address that is known. It does
// not if the last one there is another than the caller believes: two that have waited
// for the same one go on at once.
func (b *unixBook) let(p unixPlace, last, next unixListener) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, _, known := b.lastLocked(p)
	if !known {
		return true // it was forgotten
	}
	if now.gen != last.gen || now.inode != last.inode {
		return false
	}
	if b.binds == nil {
		b.binds = map[unixPlace]unixListener{}
	}
	b.binds[p] = next
	return true
}

// refuse takes back that the socket is about to be bound.
func (b *unixBook) refuse(p unixPlace, inode uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.binds[p].inode == inode {
		delete(b.binds, p)
	}
}

// last returns who was let bind there last, or else who has listened.
func (b *unixBook) last(p unixPlace) (l unixListener, bound, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lastLocked(p)
}

func (b *unixBook) lastLocked(p unixPlace) (l unixListener, bound, ok bool) {
	if l, ok := b.binds[p]; ok {
		return l, true, true
	}
	l, ok = b.at[p]
	return l, false, ok
}

// find returns who listened there last. One that was only let bind does not count.
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

// free reports whether nothing is at the path. An abstract name has none.
func (d unixDir) free() bool {
	var st unix.Stat_t
	return d.fd < 0 || unix.Fstatat(d.fd, d.base, &st, unix.AT_SYMLINK_NOFOLLOW) == unix.ENOENT
}

// hasOther reports whether something is at the path, and it is not the file that the
// listener made. What the listener does is no matter then: bind(2) is refused.
func (d unixDir) hasOther(l unixListener) bool {
	if f, ok := d.socket(); ok {
		return f != l.file
	}
	return !d.free()
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
