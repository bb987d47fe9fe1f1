package intercept

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// choosing is a world in which a port counts as the program's at once.
func choosing(t testing.TB) *world {
	w := newWorld(t)
	w.anotherWithin = time.Millisecond
	return w
}

// listenAny has the generation listen at port 0.
func (g *generation) listenAny(name, network, ip string) (e handoff.Endpoint) {
	g.t.Helper()
	g.ok("socket "+name+" "+network, "bind "+name+" "+netip.AddrPortFrom(netip.MustParseAddr(ip), 0).String(), "listen "+name+" 5")
	return handoff.Endpoint{Network: network, Addr: testkit.Must(netip.ParseAddrPort(g.do("name", name)))(g.t)}
}

// serveAny also serves there.
func (g *generation) serveAny(network, ip string) handoff.Endpoint {
	g.t.Helper()
	e := g.listenAny("a", network, ip)
	g.ok(fmt.Sprint("serve a ", g.id))
	return e
}

// A program that binds port 0 has the same number in each generation, and no client sees the next one before the cutover.
func TestPortZeroKeepsItsNumber(t *testing.T) {
	for _, at := range []struct{ network, ip string }{{"tcp4", "127.0.0.1"}, {"tcp4", "0.0.0.0"}, {"tcp6", "::"}, {"tcp6", "::1"}} {
		w := choosing(t)
		one := w.start("sockets")
		e := one.serveAny(at.network, at.ip)
		one.heard(handoff.Listening{Gen: 1, Endpoint: e, Chosen: true})
		for range 2 {
			next := w.start("sockets")
			if got := next.serveAny(at.network, at.ip); got != e {
				t.Fatalf("generation %d listens at %v, want %v", next.id, got, e)
			}
			next.heard(handoff.Listening{Gen: next.id, Endpoint: e})
			answered(t, e, 3, fmt.Sprint(next.id-1))
			w.cutover(next.id)
			answered(t, e, 3, fmt.Sprint(next.id))
			if second := next.listenAny("b", at.network, at.ip); second == e {
				t.Error("a second socket of the generation got the same number")
			}
			next.ok("close b")
		}
	}
}

// After a crash the next generation gets the clients who wait.
func TestPortZeroOfADeadGeneration(t *testing.T) {
	w := choosing(t)
	one := w.start("sockets")
	e := one.serveAny("tcp4", "127.0.0.1")
	one.heard(handoff.Listening{Gen: 1, Endpoint: e, Chosen: true})
	one.end()
	w.registry.GenerationEnded(1)
	c := testkit.Dial(t, reach(e))
	two := w.start("sockets")
	if got := two.serveAny("tcp4", "127.0.0.1"); got != e {
		t.Errorf("generation 2 listens at %v, want %v", got, e)
	}
	answers(t, c, "2")
}

// Of several ports nobody knows which is which: each generation has numbers of its own, and hotswap has no part in the
// sockets.
func TestOneOfSeveralPortZeros(t *testing.T) {
	w := choosing(t)
	for range 2 {
		g := w.start("sockets")
		a := g.listenAny("a", "tcp4", "127.0.0.1")
		b := g.listenAny("b", "tcp4", "127.0.0.1")
		c := g.listenAny("c", "tcp4", "127.0.0.1")
		if got := w.registry.Endpoints(g.id); len(got) > 0 || a == b || b == c {
			t.Errorf("generation %d listens at %v, %v, %v; hotswap has %v", g.id, a, b, c, got)
		}
		g.ok("close a") // no duplicate is left
		if c, err := net.Dial("tcp", reach(a)); err == nil {
			c.Close()
			t.Error("hotswap has a duplicate")
		}
	}
}

// Beside a fixed port, which comes later or earlier, a chosen one is internal.
func TestPortZeroBesideAFixedPort(t *testing.T) {
	for _, first := range []bool{true, false} {
		w, fixed := choosing(t), endpoint(t, "127.0.0.1", false)
		w.anotherWithin = patience
		var numbers []handoff.Endpoint
		for range 2 {
			g := w.start("sockets")
			if !first {
				g.listen("a", fixed)
			}
			numbers = append(numbers, g.listenAny("b", "tcp4", "127.0.0.1"))
			if first {
				g.listen("a", fixed)
			}
			if got := w.registry.Endpoints(g.id); len(got) != 1 {
				t.Errorf("hotswap has %v", got)
			}
			w.cutover(g.id)
			g.quiet()
		}
		if numbers[0] == numbers[1] {
			t.Error("an internal port kept its number")
		}
	}
}

// A port at which a process of the program is the client is internal.
func TestPortZeroOfTheProgramItself(t *testing.T) {
	w := newWorld(t)
	w.anotherWithin = patience
	one := w.start("sockets")
	w.registry.SetProcesses(1, func() ([]int, error) { return one.Tree(), nil })
	e := one.listenAny("a", "tcp4", "127.0.0.1")
	one.ok("dial c " + reach(e))
	two := w.start("sockets")
	if got := two.listenAny("a", "tcp4", "127.0.0.1"); got == e {
		t.Error("the next generation listens where processes of this one talk")
	}
}

// Programs look for a free port by listening at port 0, and listen there later.
func TestPortZeroThatIsClosedAndBoundAgain(t *testing.T) {
	w := choosing(t)
	w.anotherWithin = patience
	var last handoff.Endpoint
	for range 3 {
		g := w.start("sockets")
		w.registry.SetProcesses(g.id, func() ([]int, error) { return g.Tree(), nil })
		e := g.listenAny("a", "tcp4", "127.0.0.1")
		g.ok("close a", "socket b tcp4", "bind b "+e.Addr.String(), "listen b 5", fmt.Sprint("serve b ", g.id))
		if last != e && g.id > 1 {
			t.Errorf("generation %d listens at %v, the one before at %v", g.id, e, last)
		}
		last = e
		w.cutover(g.id)
		answered(t, e, 3, fmt.Sprint(g.id))
	}
}

// A port at which a process of the program is the client, or that is closed, is not reported, and hotswap leaves it.
func TestPortZeroThatIsInternal(t *testing.T) {
	for _, order := range []string{"dial c", "close a"} {
		w := newWorld(t)
		w.anotherWithin = patience
		g := w.start("sockets")
		e := g.listenAny("a", "tcp4", "127.0.0.1")
		inode := testkit.Must(strconv.ParseUint(g.do("inode", "a"), 10, 64))(t)
		if order == "dial c" {
			order += " " + reach(e)
		}
		g.ok(order)
		if at := w.registry.Endpoints(1); len(at) != 1 {
			t.Errorf("%s: hotswap has %v before", order, at)
		}
		g.session.counts(handoff.Listening{Gen: 1, Endpoint: e, Chosen: true}, inode)
		if at := w.registry.Endpoints(1); len(at) != 0 {
			t.Errorf("%s: hotswap has %v", order, at)
		}
		g.quiet()
	}
}
