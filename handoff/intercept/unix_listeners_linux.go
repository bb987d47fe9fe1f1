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

// unixListeners records at which unix addresses generations have listened. Entries stay when a generation has
// ended, because the file of a socket does.
type unixListeners struct {
	mu sync.Mutex // guards what follows
	at map[unixPlace]unixListener
	// binds has the addresses of at where a later bind was admitted and listen has not followed yet. The file
	// of that socket is not known.
	binds map[unixPlace]unixListener
	// unlooked counts down the addresses that are dropped before prune runs again.
	unlooked int
}

const (
	// maxUnix bounds the addresses, because some programs make up a new path each time. Beyond it, addresses
	// whose socket no process has are forgotten.
	maxUnix = 256
	// lookUnix is how many addresses share the cost of one prune, which reads all descriptors of the
	// generations.
	lookUnix = 64
)

// unixPlace identifies a unix address, whatever directory, root or namespaces a process has.
type unixPlace struct {
	dev, ino uint64  // of the directory of a path
	network  network // of an abstract name
	name     string  // in that directory or network namespace
}

// unixListener is a socket that listens at such an address, or has listened.
type unixListener struct {
	gen   handoff.GenID
	inode uint64
	file  fileID // the socket's file; zero for an abstract name
	tree  func() []int
}

// fileID tells a file from a later one that has the same inode number.
type fileID struct {
	dev, ino uint64
	born     unix.StatxTimestamp // zero if the file system does not record it
}

// listens reports whether the socket still exists: a process of its generation has it open, or the kernel
// lists it in the caller's network namespace, because a thread that waits in accept(2) keeps a socket that
// the program has closed.
func (l unixListener) listens(who caller) bool {
	open, _ := l.open()
	return open[l.inode] || who.lists(l.inode)
}

// open returns the sockets that the processes of the generation have open. An error means that hotswap may
// not look into one of the processes.
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

// record notes a listener.
func (b *unixListeners) record(p unixPlace, l unixListener) {
	if b.put(p, l) {
		b.prune()
		b.put(p, l)
	}
}

// put notes a listener if there is room, and reports whether to prune and try again.
func (b *unixListeners) put(p unixPlace, l unixListener) (look bool) {
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

// prune forgets the sockets that no process has. It does not hold the lock while it looks.
func (b *unixListeners) prune() {
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

// admit notes that a generation is about to bind at a known address. It refuses if last is not the last
// listener there any more: two generations that waited for the same rival go on at once.
func (b *unixListeners) admit(p unixPlace, last, next unixListener) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, _, known := b.lastLocked(p)
	if !known {
		return true // forgotten
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

// refuse takes an admitted bind back.
func (b *unixListeners) refuse(p unixPlace, inode uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.binds[p].inode == inode {
		delete(b.binds, p)
	}
}

// last returns the last generation whose bind there was admitted, or else the last listener.
func (b *unixListeners) last(p unixPlace) (l unixListener, bound, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lastLocked(p)
}

func (b *unixListeners) lastLocked(p unixPlace) (l unixListener, bound, ok bool) {
	if l, ok := b.binds[p]; ok {
		return l, true, true
	}
	l, ok = b.at[p]
	return l, false, ok
}

// find returns the last listener there.
func (b *unixListeners) find(p unixPlace) (unixListener, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.at[p]
	return l, ok
}

// unixDir is the open directory of a path, to be closed.
type unixDir struct {
	fd   int // -1 for an abstract name
	base string
}

func (d unixDir) close() {
	if d.fd >= 0 {
		_ = unix.Close(d.fd)
	}
}

// place finds the address as the caller means it. dup is a duplicate of its socket, or -1.
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

// socket returns the socket's file in the directory, if there is one.
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

// free reports whether no file is at the path. It is true for an abstract name.
func (d unixDir) free() bool {
	var st unix.Stat_t
	return d.fd < 0 || unix.Fstatat(d.fd, d.base, &st, unix.AT_SYMLINK_NOFOLLOW) == unix.ENOENT
}

// hasOther reports whether a file is at the path that the listener did not make. Then the kernel refuses the
// bind whatever the listener does.
func (d unixDir) hasOther(l unixListener) bool {
	if f, ok := d.socket(); ok {
		return f != l.file
	}
	return !d.free()
}

// clear removes the file of a listener that is gone, so that the address can be bound: only the very file
// that it made, and only if no socket listens there.
func (d unixDir) clear(l unixListener) {
	if f, ok := d.socket(); ok && f == l.file && d.deserted() {
		_ = unix.Unlinkat(d.fd, d.base, 0)
	}
}

// deserted reports whether connect(2) to the socket's file is refused.
func (d unixDir) deserted() bool {
	for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET} {
		fd, err := unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return false
		}
		// This path fits into an address even if the program's does not.
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: fmt.Sprintf("/proc/self/fd/%d/%s", d.fd, d.base)})
		_ = unix.Close(fd)
		if err != unix.EPROTOTYPE {
			return err == unix.ECONNREFUSED
		}
	}
	return false
}
