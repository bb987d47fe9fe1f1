package intercept

import (
	"net"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// datagramEndpoint is an address of UDP that nobody has.
func datagramEndpoint(t testing.TB, ip string) handoff.Endpoint {
	t.Helper()
	e := endpoint(t, ip, false)
	e.Network = strings.Replace(e.Network, "tcp", "udp", 1)
	return e
}

// generations start with their processes known to the registry.
func (w *world) beside() *generation {
	w.t.Helper()
	g := w.start("sockets")
	w.registry.SetProcesses(g.id, func() ([]int, error) { return g.Tree(), nil })
	return g
}

func send(t testing.TB, e handoff.Endpoint, texts ...string) {
	t.Helper()
	c := testkit.Must(net.Dial("udp", reach(e)))(t)
	defer c.Close()
	for _, text := range texts {
		testkit.Must(c.Write([]byte(text)))(t)
	}
}

// A generation that binds gets no datagram before the cutover, and all of them behind it. What comes while no process
// lives is the next one's.
func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "0.0.0.0", "::"} {
		t.Run(ip, func(t *testing.T) {
			w := newWorld(t)
			e := datagramEndpoint(t, ip)
			begin := func() *generation {
				g := w.beside()
				// That of a client does not count.
				g.ok("socket b udp4", "bind b "+datagramEndpoint(t, "127.0.0.1").Addr.String(), "close b")
				g.ok("socket a "+e.Network, "set a sndbuf 30000", "bind a "+e.Addr.String())
				if g.id > 1 && len(g.events) == 0 {
					t.Error("not told at once of an address that is known")
				}
				g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
				return g
			}
			reads := func(g *generation, want string) {
				t.Helper()
				g.gets(want, "read a")
			}
			one := begin()
			send(t, e, "1", "2")
			reads(one, "1")
			two := begin()
			two.gets("60000", "get a sndbuf")
			if got := two.do("bind a", e.Addr); got != "EINVAL" && got != "ok" {
				t.Errorf("bound again: %s", got)
			}
			two.gets("EINVAL", "bind a", datagramEndpoint(t, ip).Addr)
			if got := two.do("listen a 5"); got != "EOPNOTSUPP" && got != "ENOTSUP" {
				t.Errorf("it listens: %s", got)
			}
			send(t, e, "3")
			w.cutover(2)
			send(t, e, "4")
			if one, two := w.registry.Waiting(1), w.registry.Waiting(2); one != 1 || two > 1 {
				t.Errorf("%d and %d sockets have datagrams to read", one, two)
			}
			reads(one, "2") // what came before stays, and holds a drain
			reads(one, "3")
			reads(one, "EAGAIN")
			if n := w.registry.Waiting(1); n != 0 {
				t.Error("what was read holds a drain")
			}
			reads(two, "4")
			one.end()
			w.registry.GenerationEnded(1)
			two.end()
			w.registry.GenerationEnded(2)
			send(t, e, "5", "6")
			three := begin()
			reads(three, "5")
			reads(three, "6")
			three.ok("close a", "socket a "+e.Network)
			send(t, e, "7") // between two sockets
			three.ok("bind a " + e.Addr.String())
			reads(three, "7")
			three.ok("socket b " + e.Network)
			three.gets("EADDRINUSE", "bind b", e.Addr)
		})
	}
}

// The supervisor is told of an address of an older generation that the kernel will refuse, and of no other.
func TestUnsharedKinds(t *testing.T) {
	kinds := map[string]struct {
		make, again []string
		kind        string
		free        bool
	}{
		"device":              {kind: "udp4", make: []string{"device a lo"}},
		"tcp there":           {kind: "tcp4", make: []string{"device a lo"}},
		"reuseaddr then not":  {kind: "udp4", make: []string{"set a reuseaddr 1"}, again: []string{}},
		"not reuseaddr then":  {kind: "udp4", make: []string{}, again: []string{"set a reuseaddr 1"}},
		"reuseaddr":           {kind: "udp4", make: []string{"set a reuseaddr 1"}, free: true},
		"datagrams at a path": {kind: "dgram"},
	}
	for name, c := range kinds {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			e := datagramEndpoint(t, "127.0.0.1")
			at, short := e.Addr.String(), e.Short()
			switch c.kind {
			case "tcp4":
				e.Network = "tcp4"
				short = e.Short()
			case "dgram":
				at = t.TempDir() + "/s"
				short = at
			}
			if c.again == nil {
				c.again = c.make
			}
			begin := func(options []string) (g *generation, got string) {
				g = w.beside()
				g.ok("socket a " + c.kind)
				g.ok(options...)
				got = g.do("bind a", at)
				if c.kind == "tcp4" && got == "ok" {
					got = g.do("listen a 5")
				}
				return g, got
			}
			if _, got := begin(c.make); got != "ok" {
				t.Fatal(got)
			}
			g, got := begin(c.again)
			if c.free {
				if got != "ok" {
					t.Error(got)
				}
				g.quiet()
				return
			}
			if got != "EADDRINUSE" {
				t.Error(got)
			}
			g.heard(handoff.Unshared{Gen: 2, Address: short, Err: errKind})
			// Another program's socket is none of an older generation.
			if c.kind == "udp4" && len(c.make) > 0 {
				other := datagramEndpoint(t, "127.0.0.1")
				bare := w.bare()
				bare.ok("socket a udp4", "bind a "+other.Addr.String())
				fresh := w.beside()
				fresh.ok("socket a udp4")
				fresh.ok(c.make...)
				fresh.gets("EADDRINUSE", "bind a", other.Addr)
				fresh.quiet()
			}
		})
	}
}

// Sockets of two users cannot share, whatever their kind.
func TestUnsharedUsers(t *testing.T) {
	for _, kind := range []string{"tcp4", "udp4"} {
		w := newWorld(t)
		e := endpoint(t, "127.0.0.1", false)
		e.Network = kind
		begin := func(user string) (g *generation, got string) {
			g = w.beside()
			if got := g.do("become " + user); got != "ok" {
				t.Skip("cannot become another user: ", got)
			}
			g.ok("socket a " + kind)
			return g, g.do("bind a", e.Addr)
		}
		g, got := begin("12")
		if got != "ok" {
			t.Fatal(got)
		}
		if kind == "tcp4" {
			g.ok("listen a 5")
		}
		g, got = begin("13")
		if got != "EADDRINUSE" {
			t.Error(got)
		}
		g.heard(handoff.Unshared{Gen: 2, Address: e.Short(), Err: reuseport.ErrUser})
	}
}

// Where a socket cannot be inspected, UDP is not shared, and the supervisor is told of the conflict.
func testForbiddenDatagrams(t *testing.T) {
	w := newWorld(t)
	e := datagramEndpoint(t, "127.0.0.1")
	for gen := range 2 {
		g := w.beside()
		g.ok("socket a udp4")
		if got := g.do("bind a", e.Addr); (got == "ok") != (gen == 0) {
			t.Error(got)
		}
		degraded(g)
		if gen == 1 {
			g.heard(handoff.Unshared{Gen: 2, Address: e.Short(), Err: errKind})
		}
	}
	e.Addr = datagramEndpoint(t, "127.0.0.1").Addr
	for range 2 { // what the program shares itself
		g := w.beside()
		g.ok("socket a udp4", "set a reuseport 1", "bind a "+e.Addr.String())
		degraded(g)
		g.quiet()
	}
}
