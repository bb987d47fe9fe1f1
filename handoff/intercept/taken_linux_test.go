package intercept

import (
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

func netipAt(ip string, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(ip), port)
}

// What is not ours to hold is as it would be without us.
func TestUntouched(t *testing.T) {
	w := newWorld(t)
	udp := endpoint(t, "127.0.0.1", false)
	port := strconv.Itoa(int(udp.Port()))
	g := w.start("sockets")
	g.ok("socket a tcp4", "bind a 127.0.0.1:0") // a client's
	g.ok("socket b udp4", "bind b 127.0.0.1:0")
	// multicast, often
	g.ok("socket c udp4", "set c reuseaddr 1", "bind c "+udp.Addr.String())
	g.ok("socket e udp4", "bind e 224.0.0.251:"+port, "socket f udp4", "bind f 255.255.255.255:"+port) // groups
	g.ok("socket h udp4", "device h lo", "bind h 127.0.0.2:"+port)
	g.ok("socket d tcp4", "listen d 5") // never bound: the kernel chooses a port
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "h"} {
		g.gets("0", "get", name, "reuseport")
	}
	g.gets("ENOTSUP", "listen b 5")
	if got := g.do("bind d 127.0.0.1:1"); got != "EINVAL" && got != "EACCES" {
		t.Errorf("bound again: %s", got)
	}
	if got := g.do("bind nothing-of-that-name 127.0.0.1:9"); got == "ok" {
		t.Error("standard input was bound")
	}
	g.quiet()
	if got := w.registry.Endpoints(1); len(got) != 0 {
		t.Errorf("endpoints %v", got)
	}
	g.ok("serve d here")
	answered(t, handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort(g.do("name", "d"))}, 1, "here")
}

// A generation hears of its own sockets what it would hear without us, so that
// a program which looks for a free port finds one.
func TestGenerationIsInItsOwnWay(t *testing.T) {
	w := newWorld(t)
	bare, g := w.bare(), w.start("sockets")
	for _, c := range map[string]struct{ first, second string }{
		"the same address":            {"127.0.0.1", "127.0.0.1"},
		"an address, the wildcard":    {"127.0.0.1", "0.0.0.0"},
		"the wildcard, an address":    {"0.0.0.0", "127.0.0.1"},
		"IPv6, its wildcard":          {"::1", "::"},
		"dual stack, an IPv4 address": {"::", "127.0.0.1"},
		"dual stack, IPv4's wildcard": {"::", "0.0.0.0"},
		"IPv4's wildcard, dual stack": {"0.0.0.0", "::"},
		"mapped, the same":            {"::ffff:127.0.0.1", "127.0.0.1"},
	} {
		e := endpoint(t, c.first, false)
		second := handoff.Endpoint{Network: "tcp6", Addr: netipAt(c.second, e.Port())}
		if second.Addr.Addr().Is4() {
			second.Network = "tcp4"
		}
		for _, p := range []*generation{bare, g} {
			p.ok("socket a "+e.Network, "set a reuseaddr 1", "bind a "+e.Addr.String(), "listen a 5")
			p.ok("socket b "+second.Network, "set b reuseaddr 1")
			p.gets("EADDRINUSE", "bind b", second.Addr)
			if p == g {
				g.heard(handoff.Listening{Gen: 1, Endpoint: e})
				g.quiet() // nobody else has the port
			}
			p.ok("close a") // when it gives up the first, it may have the second
			p.ok("bind b "+second.Addr.String(), "listen b 5")
			p.ok("close b")
		}
		g.heard(handoff.Listening{Gen: 1, Endpoint: second})
	}
}

// A program that takes another port on the same socket when its own is taken:
// the endpoint is where it is bound, not where it wished to be.
func TestAnotherPortOnTheSameSocket(t *testing.T) {
	w := newWorld(t)
	e, next := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false)
	other := w.bare()
	other.ok("socket a tcp4", "bind a "+e.Addr.String()) // it does not listen, so only the kernel knows
	g := w.start("sockets")
	for name, then := range map[string]string{"a": "bind a 127.0.0.1:0", "b": "listen b 5"} {
		g.ok("socket " + name + " tcp4")
		if got := g.do("bind", name, e.Addr); got != "EADDRINUSE" {
			t.Fatalf("bind: %s", got)
		}
		g.ok(then, "listen "+name+" 5")
		g.quiet()
	}
	g.ok("socket c tcp4")
	if got := g.do("bind c", e.Addr); got != "EADDRINUSE" {
		t.Fatalf("bind: %s", got)
	}
	g.ok("bind c "+next.Addr.String(), "listen c 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: next})
	if got := w.registry.Endpoints(1); !slices.Equal(got, []handoff.Endpoint{next}) {
		t.Errorf("endpoints %v", got)
	}
}

// Two programs that have bound one address before either listens: the second hears it from listen(2).
func TestStrangerBetweenBindAndListen(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.start("sockets")
	g.ok("socket a tcp4", "set a reuseaddr 1", "bind a "+e.Addr.String())
	other := w.bare()
	other.ok("socket a tcp4", "set a reuseaddr 1", "set a reuseport 1", "bind a "+e.Addr.String(), "listen a 5",
		"serve a other")
	g.gets("EADDRINUSE", "listen a 5")
	g.heard(handoff.AddressInUse{Gen: 1, Endpoint: e})
	answered(t, e, 5, "other")
}
