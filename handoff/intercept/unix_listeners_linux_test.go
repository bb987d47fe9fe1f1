package intercept

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// Of two that have waited for the same one, a single one is let bind.
func TestUnixBookLetsOneBind(t *testing.T) {
	var b unixListeners
	p, tree := unixPlace{name: "a"}, func() []int { return nil }
	gen := func(n int) unixListener {
		return unixListener{gen: handoff.GenID(n), inode: uint64(n), tree: tree}
	}
	b.record(p, gen(1))
	if !b.admit(p, gen(1), gen(2)) {
		t.Error("the second may not bind")
	}
	if b.admit(p, gen(1), gen(3)) {
		t.Error("the third may bind as well")
	}
	if l, _ := b.find(p); l.gen != 1 {
		t.Errorf("generation %d has listened", l.gen)
	}
	b.refuse(p, 2)
	if l, bound, ok := b.last(p); l.gen != 1 || bound || !ok {
		t.Errorf("%+v, %v, %v", l, bound, ok)
	}
	if !b.admit(p, gen(1), gen(3)) {
		t.Error("the third may not bind")
	}
	b.record(p, gen(3))
	if l, bound, ok := b.last(p); l.gen != 3 || bound || !ok {
		t.Errorf("%+v, %v, %v", l, bound, ok)
	}
}

// Addresses that programs make up, a new one each time, do not fill the memory: those
// are forgotten whose socket no process has. A generation is looked at once for many.
func TestUnixBookIsBounded(t *testing.T) {
	var b unixListeners
	looks := 0
	tree := func() []int { looks++; return []int{os.Getpid()} }
	kept := unixPlace{name: "kept"}
	b.record(kept, unixListener{gen: 1, inode: openSocket(t), tree: tree})
	for i := range 10 * maxUnix {
		b.record(unixPlace{name: fmt.Sprint("closed", i)}, unixListener{gen: handoff.GenID(1 + i%2), inode: uint64(1), tree: tree})
		if len(b.at) > maxUnix {
			t.Fatalf("%d addresses are known", len(b.at))
		}
	}
	if _, ok := b.find(kept); !ok {
		t.Error("a socket that is open was forgotten")
	}
	if _, ok := b.find(unixPlace{name: fmt.Sprint("closed", 10*maxUnix-1)}); !ok {
		t.Error("nothing more is learned")
	}
	if looks > 2*10 {
		t.Errorf("the two generations were looked at %d times", looks)
	}
}

// If all the sockets are open, nothing more is learned, and few looks are taken.
func TestUnixBookIsFull(t *testing.T) {
	var b unixListeners
	looks := 0
	inode := openSocket(t)
	tree := func() []int { looks++; return []int{os.Getpid()} }
	for i := range 2 * maxUnix {
		b.record(unixPlace{name: fmt.Sprint(i)}, unixListener{gen: 1, inode: inode, tree: tree})
	}
	if len(b.at) != maxUnix || looks != maxUnix/lookUnix {
		t.Errorf("%d addresses are known, %d looks were taken", len(b.at), looks)
	}
	known := unixPlace{name: "0"}
	b.record(known, unixListener{gen: 2, inode: inode, tree: tree})
	if l, ok := b.find(known); !ok || l.gen != 2 {
		t.Errorf("%+v, %v", l, ok)
	}
}

// openSocket is the inode of a socket that this process has open.
func openSocket(t *testing.T) uint64 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fdtable.Inode(os.Getpid(), fd)
}
