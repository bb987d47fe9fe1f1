package kept

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair returns a connection's two ends.
func pair(t *testing.T) (ours, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[1]) })
	return fds[0], fds[1]
}

func keep(t *testing.T, table *Table, d Descriptor) {
	t.Helper()
	if err := table.Keep(d); err != nil {
		t.Fatal(err)
	}
}

func newTable(t *testing.T) *Table {
	table := new(Table)
	t.Cleanup(func() { table.Close() })
	return table
}

func write(t *testing.T, fd int, text string) {
	t.Helper()
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, fd int) string {
	t.Helper()
	b := make([]byte, 100)
	n, err := unix.Read(fd, b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func take(t *testing.T, table *Table, name string) int {
	t.Helper()
	fd, err := table.Take(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func isOpen(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil
}

func until(t *testing.T, fact func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !fact(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited a minute for a fact that did not come about")
		}
	}
}

func TestKeepTakeDrop(t *testing.T) {
	table := newTable(t)
	ours, theirs := pair(t)
	keep(t, table, Descriptor{Name: "b", FD: ours})
	other, _ := pair(t)
	keep(t, table, Descriptor{Name: "a", FD: other})
	if names := table.Names(); !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("names %q", names)
	}
	write(t, theirs, "one")
	var st unix.Stat_t
	if err := unix.Fstat(ours, &st); err != nil || !table.Keeps(st.Ino) {
		t.Errorf("it does not know its socket: %v", err)
	}
	if err := unix.Fstat(theirs, &st); err != nil || table.Keeps(st.Ino) {
		t.Errorf("it claims the other end: %v", err)
	}
	first, second := take(t, table, "b"), take(t, table, "b")
	if flags, _ := unix.FcntlInt(uintptr(first), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
		t.Error("a duplicate would be passed to every program that hotswap starts")
	}
	if got := read(t, first); got != "one" {
		t.Errorf("read %q", got)
	}
	write(t, second, "two")
	if got := read(t, theirs); got != "two" {
		t.Errorf("the other end read %q", got)
	}
	if !table.Drop("b") || table.Drop("b") {
		t.Error("dropped not once")
	}
	if _, err := table.Take("b"); !errors.Is(err, ErrNone) || isOpen(ours) {
		t.Errorf("after the drop: %v; open %v", err, isOpen(ours))
	}
	write(t, first, "a duplicate lives on")
}

func TestReplaced(t *testing.T) {
	table := newTable(t)
	old, other := pair(t)
	ours, theirs := pair(t)
	keep(t, table, Descriptor{Name: "a", FD: old})
	keep(t, table, Descriptor{Name: "a", FD: ours})
	if got := read(t, other); got != "" { // waits for the end
		t.Errorf("the other end of the old one reads %q", got)
	}
	write(t, take(t, table, "a"), "new")
	if got := read(t, theirs); got != "new" {
		t.Errorf("read %q", got)
	}
}

// Several stored ones may have a name, but not one socket twice (sd_notify(3)).
func TestStored(t *testing.T) {
	table := newTable(t)
	a, _ := pair(t)
	b, _ := pair(t)
	twice, _ := duplicate(a)
	plain, _ := pair(t)
	keep(t, table, Descriptor{Name: "plain", FD: plain})
	for _, fd := range []int{a, b, twice} {
		if err := table.Store("stored", fd, true); err != nil {
			t.Fatal(err)
		}
	}
	if isOpen(twice) {
		t.Error("one socket is kept twice")
	}
	names, fds, err := table.Stored()
	if err != nil || len(fds) != 2 || !slices.Equal(names, []string{"stored", "stored"}) || !table.Stores() {
		t.Errorf("%q, %v, %v", names, fds, err)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	if table.Drop("stored"); table.Stores() || len(table.Names()) != 1 {
		t.Errorf("%q are left", table.Names())
	}
}

func TestBounds(t *testing.T) {
	table := newTable(t)
	for _, name := range []string{"", "a:b", "a\nb", "é", strings.Repeat("a", MaxName+1)} {
		fd, _ := pair(t)
		if err := table.Keep(Descriptor{Name: name, FD: fd}); !errors.Is(err, ErrName) || isOpen(fd) {
			t.Errorf("%q: %v; open %v", name, err, isOpen(fd))
		}
	}
	for n := range MaxDescriptors {
		fd, _ := pair(t)
		keep(t, table, Descriptor{Name: fmt.Sprint(n), FD: fd})
	}
	fd, _ := pair(t)
	if err := table.Keep(Descriptor{Name: "more", FD: fd}); !errors.Is(err, ErrFull) || isOpen(fd) {
		t.Errorf("%v; open %v", err, isOpen(fd))
	}
	fd, _ = pair(t)
	keep(t, table, Descriptor{Name: "7", FD: fd}) // replacing needs no room
	all, err := table.Export()
	if err != nil || len(all) != MaxDescriptors {
		t.Errorf("%d, %v", len(all), err)
	}
	Close(all)
	table.Close()
	if isOpen(fd) || len(table.Names()) > 0 {
		t.Error("the table is closed, its descriptors are not")
	}
	fd, _ = pair(t)
	if err := table.Keep(Descriptor{Name: "a", FD: fd}); !errors.Is(err, ErrClosed) || isOpen(fd) {
		t.Errorf("%v; open %v", err, isOpen(fd))
	}
}

// What an upgrade takes along goes on as it was, when the old table is closed.
func TestExportImport(t *testing.T) {
	old, table := newTable(t), newTable(t)
	a, theirs := pair(t)
	b, other := pair(t)
	c, _ := pair(t)
	keep(t, old, Descriptor{Name: "a", FD: a})
	keep(t, old, Descriptor{Name: "b", FD: b, Stored: true, Unwatched: true})
	keep(t, old, Descriptor{Name: "b", FD: c, Stored: true})
	all, err := old.Export()
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Import(all); err != nil {
		t.Fatal(err)
	}
	old.Close()
	write(t, take(t, table, "a"), "from a")
	if got := read(t, theirs); got != "from a" {
		t.Errorf("read %q", got)
	}
	_ = unix.Shutdown(other, unix.SHUT_RDWR)
	_ = unix.Shutdown(theirs, unix.SHUT_RDWR)
	until(t, func() bool { return slices.Equal(table.Names(), []string{"b"}) }) // a is watched, the first b is not
	names, fds, err := table.Stored()
	if err != nil || !slices.Equal(names, []string{"b", "b"}) {
		t.Errorf("%q, %v", names, err)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func TestHungUpGoes(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dial := func() (fd int, peer net.Conn) {
		c, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f, err := c.(*net.TCPConn).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if peer, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { peer.Close() })
		fd, err = duplicate(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		return fd, peer
	}
	table := newTable(t)
	tcp, peer := dial()
	pipe, theirs := pair(t)
	unwatched, gone := pair(t)
	stays, _ := pair(t)
	unread, last := dial()
	keep(t, table, Descriptor{Name: "tcp", FD: tcp})
	keep(t, table, Descriptor{Name: "pipe", FD: pipe})
	keep(t, table, Descriptor{Name: "unwatched", FD: unwatched, Unwatched: true})
	keep(t, table, Descriptor{Name: "stays", FD: stays})
	keep(t, table, Descriptor{Name: "unread", FD: unread})
	file, err := unix.Open(filepath.Join(t.TempDir(), "file"), unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, table, Descriptor{Name: "file", FD: file}) // cannot be polled
	if _, err := last.Write([]byte("the last word")); err != nil {
		t.Fatal(err)
	}
	last.Close()
	peer.Close()
	_ = unix.Shutdown(theirs, unix.SHUT_RDWR)
	_ = unix.Shutdown(gone, unix.SHUT_RDWR)
	until(t, func() bool {
		return slices.Equal(table.Names(), []string{"file", "stays", "unread", "unwatched"})
	})
	if isOpen(tcp) || isOpen(pipe) {
		t.Error("forgotten, but not closed")
	}
	if got := read(t, take(t, table, "unread")); got != "the last word" {
		t.Errorf("read %q", got)
	}
	until(t, func() bool { return !slices.Contains(table.Names(), "unread") }) // nothing is left to read
}

// A table in which nothing is watched has neither a goroutine nor a descriptor.
func TestNothingRunsForNothing(t *testing.T) {
	table := newTable(t)
	descriptors := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	before := descriptors()
	for range 10 {
		ours, theirs := pair(t)
		_ = unix.Close(theirs)
		fd, _ := pair(t)
		keep(t, table, Descriptor{Name: "hung up", FD: ours})
		keep(t, table, Descriptor{Name: "a", FD: fd})
		table.Drop("a")
		until(t, func() bool { return len(table.Names()) == 0 })
	}
	if table.watcher != nil {
		t.Error("something is watched")
	}
	if now := descriptors(); now != before+10 { // the cleanups' ends
		t.Errorf("%d descriptors, then %d", before, now)
	}
}

// The number of a descriptor that was closed may be that of another one before its event is read.
func TestEventOfAClosedDescriptor(t *testing.T) {
	table := newTable(t)
	fd, theirs := pair(t)
	keep(t, table, Descriptor{Name: "a", FD: fd})
	table.mu.Lock()
	table.watcher.see(fd)
	if table.watcher.left[fd] {
		t.Error("a connection that is open counts as hung up")
	}
	table.mu.Unlock()
	_ = unix.Shutdown(theirs, unix.SHUT_RDWR)
	until(t, func() bool { return len(table.Names()) == 0 })
}
