// Package kept keeps descriptors of a program while its processes come and go.
//
// # What is kept?
//
// Duplicates. The descriptor that a process has, this table's and each that [Table.Take] returns are one open
// file, with one queue of bytes and one set of flags such as O_NONBLOCK. So the table reads nothing, writes
// nothing and sets no flag, and a connection ends when the last of them is closed.
//
// # When does a descriptor go?
//
// When the program drops it or stores another under its name, when the other end has hung up and no byte is
// left to read, and with hotswap. A hung-up connection would otherwise stay half open for ever, because the
// kernel ends it only when all have closed it.
package kept

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// MaxDescriptors bounds a table.
	MaxDescriptors = 64
	// MaxName is the longest name, in bytes, as in sd_notify(3).
	MaxName = 255
)

// Errors of [Table.Keep] and, the last, of [Table.Take].
var (
	ErrName   = fmt.Errorf("the name of a descriptor has 1 to %d printable ASCII characters, and no colon", MaxName)
	ErrFull   = fmt.Errorf("%d descriptors are kept: drop one (sd_notify: FDSTOREREMOVE=1)", MaxDescriptors)
	ErrClosed = errors.New("hotswap ends")
	ErrNone   = errors.New("no descriptor has this name")
)

// Descriptor is a descriptor by name.
type Descriptor struct {
	Name string
	FD   int
	// Stored: the program wants it at its start (FDSTORE=1), so several may have one name.
	Stored bool
	// Unwatched: it stays although its other end hangs up (FDPOLL=0).
	Unwatched bool
}

// Table is what is kept. Any goroutine may call its methods.
type Table struct {
	mu      sync.Mutex // guards what follows
	all     []Descriptor
	watcher *watcher // nil: nothing is watched
	closed  bool
}

// Store keeps a descriptor for the program's start. It owns the descriptor, also if it fails.
func (t *Table) Store(name string, fd int, watched bool) error {
	return t.Keep(Descriptor{Name: name, FD: fd, Stored: true, Unwatched: !watched})
}

// Stored returns duplicates of what is kept for the program's start, which the caller owns.
func (t *Table) Stored() (names []string, fds []int, err error) {
	all, err := t.duplicates(func(d Descriptor) bool { return d.Stored })
	for _, d := range all {
		names, fds = append(names, d.Name), append(fds, d.FD)
	}
	return names, fds, err
}

// Stores reports whether something is kept for the program's start.
func (t *Table) Stores() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.all, func(d Descriptor) bool { return d.Stored })
}

// Keep takes over a descriptor, also if it fails. One that is not Stored takes the place of all that have
// its name; a Stored one of those that are not.
func (t *Table) Keep(d Descriptor) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.keepLocked(d)
	if err != nil {
		_ = unix.Close(d.FD)
	}
	return err
}

func (t *Table) keepLocked(d Descriptor) error {
	if !validName(d.Name) {
		return ErrName
	}
	if t.closed {
		return ErrClosed
	}
	if d.Stored && slices.ContainsFunc(t.all, func(k Descriptor) bool { return k.Stored && k.Name == d.Name && sameSocket(k.FD, d.FD) }) {
		return unix.Close(d.FD) // sd_notify(3): a duplicate is closed
	}
	replaced := func(k Descriptor) bool { return k.Name == d.Name && !(d.Stored && k.Stored) }
	left := 0
	for _, k := range t.all {
		if !replaced(k) {
			left++
		}
	}
	if left >= MaxDescriptors {
		return ErrFull
	}
	t.removeLocked(replaced)
	t.all = append(t.all, d)
	if !d.Unwatched {
		t.watchLocked(d.FD)
	}
	return nil
}

// Take returns a duplicate of the descriptor with this name, which the caller owns; of several, the first.
func (t *Table) Take(name string) (fd int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.all, func(k Descriptor) bool { return k.Name == name })
	if i < 0 {
		return -1, ErrNone
	}
	return duplicate(t.all[i].FD)
}

// Drop closes what has this name. It reports whether there was any.
func (t *Table) Drop(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.removeLocked(func(k Descriptor) bool { return k.Name == name })
}

// Keeps reports whether a socket is kept, whatever its name.
func (t *Table) Keeps(inode uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.all, func(k Descriptor) bool {
		var st unix.Stat_t
		return unix.Fstat(k.FD, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK && uint64(st.Ino) == inode
	})
}

// Names returns each name once, in alphabetical order.
func (t *Table) Names() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := []string{}
	for _, k := range t.all {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Export returns duplicates of all, which the caller owns, in the order in which they came. With Import they
// go on in the process that upgrades this one; this table is closed then.
func (t *Table) Export() ([]Descriptor, error) {
	return t.duplicates(func(Descriptor) bool { return true })
}

// Import keeps what another process has exported, and owns all of it, also if it fails.
func (t *Table) Import(all []Descriptor) error {
	var errs []error
	for _, d := range all {
		errs = append(errs, t.Keep(d))
	}
	return errors.Join(errs...)
}

// duplicates returns duplicates of the descriptors that pass.
func (t *Table) duplicates(pass func(Descriptor) bool) ([]Descriptor, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Descriptor
	for _, k := range t.all {
		if !pass(k) {
			continue
		}
		var err error
		if k.FD, err = duplicate(k.FD); err != nil {
			Close(out)
			return nil, fmt.Errorf("duplicate the kept descriptor %q: %w", k.Name, err)
		}
		out = append(out, k)
	}
	return out, nil
}

// Close closes descriptors.
func Close(all []Descriptor) {
	for _, d := range all {
		_ = unix.Close(d.FD)
	}
}

// Close closes all that is kept, and keeps nothing more.
func (t *Table) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.removeLocked(func(Descriptor) bool { return true })
	return nil
}

// removeLocked closes what matches. It reports whether there was any.
func (t *Table) removeLocked(match func(Descriptor) bool) bool {
	had := len(t.all)
	t.all = slices.DeleteFunc(t.all, func(k Descriptor) bool {
		if !match(k) {
			return false
		}
		t.unwatchLocked(k.FD)
		_ = unix.Close(k.FD)
		return true
	})
	return len(t.all) < had
}

// validName reports whether a name fits into LISTEN_FDNAMES.
func validName(name string) bool {
	return name != "" && len(name) <= MaxName &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == ':' })
}

func duplicate(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

// sameSocket reports whether two descriptors are one socket or pipe.
func sameSocket(a, b int) bool {
	var x, y unix.Stat_t
	if unix.Fstat(a, &x) != nil || unix.Fstat(b, &y) != nil {
		return false
	}
	kind := x.Mode & unix.S_IFMT
	return (kind == unix.S_IFSOCK || kind == unix.S_IFIFO) && x.Dev == y.Dev && x.Ino == y.Ino
}
