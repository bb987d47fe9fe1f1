package intercept

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// deadGate is a generation that listens, accepts nobody and dies: clients wait
// in what it leaves. It gives the gate's inode.
func deadGate(t *testing.T, w *world, e handoff.Endpoint, clients int) ([]net.Conn, string) {
	t.Helper()
	g := w.start("sockets")
	g.listen("a", e)
	inode := g.do("inode a")
	var out []net.Conn
	for range clients {
		c := testkit.Dial(t, reach(e))
		testkit.Must(c.Write([]byte("are you there?\n")))(t)
		out = append(out, c)
	}
	g.end()
	w.registry.GenerationEnded(g.id)
	return out, inode
}

// The descriptor that is put in the program's place behaves as its own did.
func TestInjectedDescriptorResemblesTheProgramsOwn(t *testing.T) {
	for _, flags := range []string{"nonblock", "cloexec"} {
		w := newWorld(t)
		e := endpoint(t, "127.0.0.1", false)
		_, dead := deadGate(t, w, e, 1)
		g := w.start("sockets")
		g.ok("socket a tcp4 "+flags, "set a keepalive 1", "set a nodelay 1", "set a fastopen 7")
		want := []string{g.do("flags a"), g.do("get a keepalive"), g.do("get a nodelay"), g.do("get a fastopen")}
		g.ok("bind a " + e.Addr.String())
		if got := g.do("inode a"); got != dead {
			t.Errorf("%q: not injected", flags)
		}
		got := []string{g.do("flags a"), g.do("get a keepalive"), g.do("get a nodelay"), g.do("get a fastopen")}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", flags, got, want)
		}
		g.ok("listen a 5")
	}
}

// A listener that is closed before anybody was accepted was to see whether the
// port is free: that is no endpoint. The one that follows is.
func TestCloseBeforeAcceptingAndListenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.transport.probe = w.registry.Probe
	e := endpoint(t, "127.0.0.1", false)
	g := w.start("sockets")
	g.watched(w)
	for range 2 {
		g.ok("socket a tcp4", "set a reuseaddr 1", "bind a "+e.Addr.String(), "listen a 5", "close a")
		for end := time.Now().Add(patience); !w.registry.Closed(g.id, e); {
			if time.Now().After(end) {
				t.Fatal("the listener is not known to be closed")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if len(g.events) > 0 {
			t.Fatalf("told %#v", <-g.events)
		}
	}
	g.ok("socket b tcp4", "set b reuseaddr 1", "bind b "+e.Addr.String(), "listen b 5", "serve b again")
	g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
}

func TestGenerationsLeaveNoDescriptor(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	testkit.NothingLeft(t, 10, func(int) {
		g := w.start("sockets")
		g.listen("a", e)
		g.ok("close a") // and once by injection
		g.listen("b", e)
		g.end()
		w.registry.GenerationEnded(g.id)
		proc.EndIdle()
		w.registry.CloseUnserved()
	})
}
