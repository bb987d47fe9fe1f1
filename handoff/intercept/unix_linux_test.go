package intercept

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// binds has the program bind a new socket to the unix address.
func (g *generation) bindsUnix(name, addr string) string {
	g.t.Helper()
	g.ok("socket " + name + " unix")
	return g.do("bind " + name + " " + addr)
}

// listensUnix makes a socket of that name which listens at the address.
func (g *generation) listensUnix(name, addr string) {
	g.t.Helper()
	if got := g.bindsUnix(name, addr); got != "ok" {
		g.t.Fatalf("bind %s: %s", addr, got)
	}
	g.ok("listen "+name+" 5", "serve "+name+" "+fmt.Sprint(g.id))
}

// unixAnswer is who answers at the address.
func unixAnswer(t *testing.T, addr string) string {
	t.Helper()
	c, err := net.Dial("unix", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return answerOf(t, c)
}

// A generation that wants the unix address of an older one waits in its bind until
// that one listens no more, and then has it, whatever file is left.
func TestUnixAddressOfAnOlderGeneration(t *testing.T) {
	for name, addr := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "app.sock"),
		"abstract": fmt.Sprintf("@hotswap-test-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.start("sockets")
			if got := old.bindsUnix("a", addr); got != "ok" {
				t.Fatal(got)
			}
			old.ok("listen a 5") // nobody waits in accept, who would keep it after a close
			fresh := w.start("sockets")
			fresh.ok("socket a unix")
			if _, err := fmt.Fprintf(fresh.in, "bind a %s\n", addr); err != nil {
				t.Fatal(err)
			}
			fresh.heard(handoff.Blocked{Gen: 2, By: 1, Address: addr})
			c, err := net.Dial("unix", addr)
			if err != nil {
				t.Fatalf("while generation 2 waits: %v", err)
			}
			c.Close()
			old.ok("close a")
			if got := fresh.line(); got != "ok" {
				t.Fatalf("bind: %s", got)
			}
			fresh.heard(handoff.Unblocked{Gen: 2})
			fresh.ok("listen a 5", "serve a 2")
			fresh.heard(handoff.ListeningUnix{Gen: 2, Address: addr})
			if got := unixAnswer(t, addr); got != "2" {
				t.Errorf("generation %s answers", got)
			}
			old.quiet()
			// The older one has no claim to it: it hears what the kernel says.
			if got := old.bindsUnix("b", addr); got != "EADDRINUSE" {
				t.Errorf("the older generation binds it again: %s", got)
			}
			fresh.quiet()
		})
	}
}

// A generation that was killed leaves its file, which is in nobody's way.
func TestUnixFileOfADeadGeneration(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	old.listensUnix("a", addr)
	old.end()
	if _, err := os.Lstat(addr); err != nil {
		t.Fatal(err)
	}
	fresh := w.start("sockets")
	fresh.listensUnix("a", addr)
	if got := unixAnswer(t, addr); got != "2" {
		t.Errorf("generation %s answers", got)
	}
	fresh.heard(handoff.ListeningUnix{Gen: 2, Address: addr})
	fresh.quiet()
}

// Another generation that waits can be killed.
func TestUnixBindThatWaitsIsKilled(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	w.start("sockets").listensUnix("a", addr)
	fresh := w.start("sockets")
	fresh.ok("socket a unix")
	fmt.Fprintf(fresh.in, "bind a %s\n", addr)
	fresh.heard(handoff.Blocked{Gen: 2, By: 1, Address: addr})
	if err := fresh.Kill(); err != nil { // Go handles SIGTERM, and the call hears only what is fatal
		t.Fatal(err)
	}
	fresh.heard(handoff.Unblocked{Gen: 2})
	fresh.end()
}

// What is not provably the older generation's own is left to the kernel, which says
// that the address is taken.
func TestUnixAddressOfOthers(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, w *world, addr string){
		"another program listens": func(t *testing.T, w *world, addr string) { w.bare().listensUnix("a", addr) },
		"another program has left its file": func(t *testing.T, w *world, addr string) {
			g := w.bare()
			g.listensUnix("a", addr)
			g.end()
		},
		"the older generation is gone, another program listens there now": func(t *testing.T, w *world, addr string) {
			g := w.start("sockets")
			g.listensUnix("a", addr)
			g.end()
			remove(t, addr)
			w.bare().listensUnix("a", addr)
		},
		"the older generation is gone, another program's file is there now": func(t *testing.T, w *world, addr string) {
			g := w.start("sockets")
			g.listensUnix("a", addr)
			g.end()
			remove(t, addr)
			other := w.bare()
			other.listensUnix("a", addr)
			other.end()
		},
		"it is a file now": func(t *testing.T, w *world, addr string) {
			g := w.start("sockets")
			g.listensUnix("a", addr)
			remove(t, addr)
			if err := os.WriteFile(addr, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
			prepare(t, w, addr)
			fresh := w.start("sockets")
			if got := fresh.bindsUnix("a", addr); got != "EADDRINUSE" {
				t.Errorf("bind: %s", got)
			}
			fresh.quiet()
			if _, err := os.Lstat(addr); err != nil {
				t.Errorf("the file was removed: %v", err)
			}
		})
	}
}

// A program that removes the file before it binds takes the address over by itself.
func TestUnixAddressTakenOver(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	old.listensUnix("a", addr)
	remove(t, addr)
	fresh := w.start("sockets")
	fresh.listensUnix("a", addr)
	fresh.heard(handoff.ListeningUnix{Gen: 2, Address: addr})
	fresh.quiet()
	if got := unixAnswer(t, addr); got != "2" {
		t.Errorf("generation %s answers", got)
	}
}

// Addresses that programs make up, a new one each time, do not fill the memory.
func TestUnixBookIsBounded(t *testing.T) {
	var b unixBook
	alive, dead := func() []int { return []int{os.Getpid()} }, func() []int { return nil }
	for i := range 2 * maxUnix {
		b.enter(unixPlace{name: fmt.Sprint("alive", i)}, unixListener{gen: 1, tree: alive})
	}
	if len(b.at) != maxUnix {
		t.Errorf("%d addresses are known", len(b.at))
	}
	first := unixPlace{name: "alive0"}
	b.enter(first, unixListener{gen: 2, tree: dead})
	if l, ok := b.find(first); !ok || l.gen != 2 {
		t.Errorf("%+v, %v", l, ok)
	}
	b.enter(unixPlace{name: "new"}, unixListener{gen: 3, tree: alive})
	if _, ok := b.find(first); ok || len(b.at) != maxUnix {
		t.Errorf("an address of the dead is kept, and %d are known", len(b.at))
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
