package intercept

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// The program's own socket stays its own, with whatever it set on it: it
// differs by SO_REUSEPORT from what a bare program has, and by nothing else.
func TestShareKeepsTheProgramsOptions(t *testing.T) {
	w := newWorld(t)
	set := []string{"rcvbuf 70000", "sndbuf 90000", "fastopen 16", "keepalive 1", "nodelay 1", "defer 3", "maxseg 1000"}
	see := func(g *generation, e handoff.Endpoint) []string {
		g.ok("socket a tcp4 nonblock")
		for _, o := range set {
			g.ok("set a " + o)
		}
		before := g.do("inode a")
		g.ok("bind a "+e.Addr.String(), "listen a 5")
		if after := g.do("inode a"); after != before {
			t.Errorf("socket %s became %s", before, after)
		}
		var got []string
		for _, o := range set {
			o, _, _ = strings.Cut(o, " ")
			got = append(got, o+" "+g.do("get a", o))
		}
		return append(got, "listens "+g.do("get a listens"), "reuseaddr "+g.do("get a reuseaddr"), g.do("flags a"),
			g.do("name a"))
	}
	e := endpoint(t, "127.0.0.1", false)
	bare := w.bare()
	want := see(bare, e)
	bare.end()
	g := w.start("sockets")
	if got := see(g, e); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	g.gets("1", "get a reuseport")
	g.heard(handoff.Listening{Gen: 1, Endpoint: e})
	g.quiet()
}

// The endpoint is reported as it was asked for.
func TestListeningNamesTheEndpointAsAskedFor(t *testing.T) {
	w := newWorld(t)
	one, two := w.start("sockets"), w.start("sockets")
	var all []handoff.Endpoint
	for i, c := range []struct{ ip, v6only string }{
		{"127.0.0.1", ""},
		{"0.0.0.0", ""},
		{"::1", ""},
		{"::1", "1"},
		{"::", "0"}, // dual stack
		{"::", "1"},
		{"::ffff:127.0.0.1", "0"}, // by Java
		{"::ffff:0.0.0.0", "0"},
	} {
		e, name := endpoint(t, c.ip, c.v6only == "1"), strconv.Itoa(i)
		for _, g := range []*generation{one, two} {
			g.ok("socket " + name + " " + e.Network)
			if c.v6only != "" {
				g.ok("set " + name + " v6only " + c.v6only)
			}
			g.ok("bind "+name+" "+e.Addr.String(), "listen "+name+" 5", fmt.Sprint("serve ", name, " ", g.id))
			g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
			if got := g.do("name", name); got != e.Addr.String() {
				t.Errorf("bound to %s", got)
			}
		}
		all = append(all, e)
	}
	for _, g := range []*generation{two, one} {
		w.cutover(g.id)
		for _, e := range all {
			answered(t, e, 5, fmt.Sprint(g.id))
		}
	}
}

func TestDebuggersPortIsFlagged(t *testing.T) {
	w := newWorld(t)
	debug, jdwp, e := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false)
	t.Setenv("JAVA_TOOL_OPTIONS", "-agentlib:jdwp=suspend=n,address="+jdwp.Addr.String())
	g := w.start("sockets", "--inspect="+debug.Addr.String())
	g.ok("socket a tcp4", "bind a "+debug.Addr.String(), "listen a 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: debug, Debugger: true})
	g.ok("socket j tcp4", "bind j "+jdwp.Addr.String(), "listen j 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: jdwp, Debugger: true})
	g.listen("b", e)
}

// Sockets on many addresses are forgotten too, though none is in question twice.
func TestManyAddressesAreForgotten(t *testing.T) {
	s := &session{Transport: Transport{registry: reuseport.NewRegistry(nil)}, tree: func() []int { return nil },
		sockets: map[uint64]bound{},
		pruneAt: manyBound}
	for i := range 10 * manyBound {
		e := handoff.Endpoint{Network: "tcp4", Addr: netipAt(fmt.Sprintf("127.0.%d.%d", i/250, i%250+1), 4000)}
		s.remember(uint64(i), bound{endpoint: e})
		if len(s.sockets) > manyBound {
			t.Fatalf("%d sockets are remembered that no process has", len(s.sockets))
		}
	}
}
