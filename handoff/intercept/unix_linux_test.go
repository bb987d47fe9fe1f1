package intercept

import (
	"errors"
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

// orders gives an order whose answer comes later.
func (g *generation) orders(order string) {
	g.t.Helper()
	if _, err := fmt.Fprintln(g.in, order); err != nil {
		g.t.Fatal(err)
	}
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

// A program that removes the file before it binds waits as well: the older process
// removes, by name, whatever is there when it closes its listener.
func TestUnixAddressTakenOver(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	if got := old.bindsUnix("a", addr); got != "ok" {
		t.Fatal(got)
	}
	old.ok("listen a 5")
	remove(t, addr)
	fresh := w.start("sockets")
	fresh.ok("socket a unix")
	fresh.orders("bind a " + addr)
	fresh.heard(handoff.Blocked{Gen: 2, By: 1, Address: addr})
	if err := os.Remove(addr); !errors.Is(err, os.ErrNotExist) { // as the old one does
		t.Errorf("there was a file: %v", err)
	}
	old.ok("close a")
	fresh.heard(handoff.Unblocked{Gen: 2})
	if got := fresh.line(); got != "ok" {
		t.Fatalf("bind: %s", got)
	}
	fresh.ok("listen a 5", "serve a 2")
	fresh.heard(handoff.ListeningUnix{Gen: 2, Address: addr})
	fresh.quiet()
	if got := unixAnswer(t, addr); got != "2" {
		t.Errorf("generation %s answers", got)
	}
}

// The bind of a generation that is told to stop while it waits does not go on: the
// address is for the one after it, which waits likewise.
func TestUnixBindOfAGenerationToldToStop(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	old := w.start("sockets")
	if got := old.bindsUnix("a", addr); got != "ok" {
		t.Fatal(got)
	}
	old.ok("listen a 5")
	second, third := w.start("sockets"), w.start("sockets")
	for _, g := range []*generation{second, third} {
		g.ok("socket a unix")
		g.orders("bind a " + addr)
		g.heard(handoff.Blocked{Gen: g.id, By: 1, Address: addr})
	}
	close(second.told)
	if got := second.line(); got != "EADDRINUSE" {
		t.Fatalf("bind of the second: %s", got)
	}
	second.heard(handoff.Unblocked{Gen: 2})
	old.ok("close a")
	if got := second.do("bind a " + addr); got != "EADDRINUSE" {
		t.Errorf("it binds anew: %s", got)
	}
	third.heard(handoff.Unblocked{Gen: 3})
	if got := third.line(); got != "ok" {
		t.Fatalf("bind of the third: %s", got)
	}
	third.ok("listen a 5", "serve a 3")
	if got := unixAnswer(t, addr); got != "3" {
		t.Errorf("generation %s answers", got)
	}
}

// A bind that has waited looks anew at who listens there.
func TestUnixBindWaitsForTheNextRival(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	first, second, third := w.start("sockets"), w.start("sockets"), w.start("sockets")
	for _, g := range []*generation{second, first} { // an older one does not wait
		if got := g.bindsUnix("a", addr); got != "ok" {
			t.Fatal(got)
		}
		g.ok("listen a 5")
		if g == second {
			remove(t, addr)
		}
	}
	third.ok("socket a unix")
	third.orders("bind a " + addr)
	third.heard(handoff.Blocked{Gen: 3, By: 1, Address: addr})
	second.ok("listen a 6")
	first.ok("close a")
	third.heard(handoff.Unblocked{Gen: 3})
	third.heard(handoff.Blocked{Gen: 3, By: 2, Address: addr})
	second.ok("close a")
	third.heard(handoff.Unblocked{Gen: 3})
	if got := third.line(); got != "ok" {
		t.Errorf("bind: %s", got)
	}
}

// A generation that ends between its bind and its listen leaves a file as well.
func TestUnixFileOfAGenerationThatNeverListened(t *testing.T) {
	w, addr := newWorld(t), filepath.Join(t.TempDir(), "app.sock")
	first := w.start("sockets")
	first.listensUnix("a", addr)
	first.end()
	second := w.start("sockets")
	if got := second.bindsUnix("a", addr); got != "ok" {
		t.Fatal(got)
	}
	second.end()
	third := w.start("sockets")
	third.listensUnix("a", addr)
	if got := unixAnswer(t, addr); got != "3" {
		t.Errorf("generation %s answers", got)
	}
	third.heard(handoff.ListeningUnix{Gen: 3, Address: addr})
	third.quiet()
}

// A generation that has bound, and is about to listen, is in the way likewise.
func TestUnixAddressOfAGenerationAboutToListen(t *testing.T) {
	for name, addr := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "app.sock"),
		"abstract": fmt.Sprintf("@hotswap-bound-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := w.start("sockets")
			first.listensUnix("a", addr)
			first.end()
			second, third := w.start("sockets"), w.start("sockets")
			if got := second.bindsUnix("a", addr); got != "ok" {
				t.Fatal(got)
			}
			third.ok("socket a unix")
			third.orders("bind a " + addr)
			third.heard(handoff.Blocked{Gen: 3, By: 2, Address: addr})
			second.ok("listen a 5")
			c, err := net.Dial("unix", addr)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			second.ok("close a")
			third.heard(handoff.Unblocked{Gen: 3})
			if got := third.line(); got != "ok" {
				t.Errorf("bind: %s", got)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
