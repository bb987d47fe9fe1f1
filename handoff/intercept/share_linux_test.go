package intercept

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
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
		return append(got, "listens "+g.do("get a listens"), "reuseaddr "+g.do("get a reuseaddr"), g.do("flags a"), g.do("name a"))
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

// A server with a socket for each family, as nginx has it.
func TestBothFamiliesOnOnePort(t *testing.T) {
	w := newWorld(t)
	four := endpoint(t, "0.0.0.0", false)
	six := endpoint(t, "::", true)
	six.Addr = netipAt("::", four.Port())
	for range 2 {
		g := w.start("sockets")
		g.listen("a", four)
		g.ok("socket b tcp6", "set b v6only 1", "bind b "+six.Addr.String(), "listen b 5")
		g.heard(handoff.Listening{Gen: g.id, Endpoint: six})
		if got := w.registry.Endpoints(g.id); len(got) != 2 {
			t.Errorf("endpoints %v", got)
		}
	}
}

// The queue is where clients wait: it is long, whatever was asked for.
func TestBacklogIsRaised(t *testing.T) {
	b := testkit.Must(os.ReadFile("/proc/sys/net/core/somaxconn"))(t)
	most := testkit.Must(strconv.Atoi(strings.TrimSpace(string(b))))(t)
	w := newWorld(t)
	g := w.start("sockets")
	for _, c := range []struct{ ask, want int }{{5, 4096}, {0, 4096}, {-1, most}, {5000, 5000}} {
		e := endpoint(t, "127.0.0.1", false)
		g.ok("socket a tcp4", "bind a "+e.Addr.String(), "listen a "+strconv.Itoa(c.ask))
		g.heard(handoff.Listening{Gen: 1, Endpoint: e})
		sockets := testkit.Must(sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}}))(t)
		i := slices.IndexFunc(sockets, func(s sockdiag.Socket) bool { return s.Local == e.Addr })
		if i < 0 || int(sockets[i].Send) != min(c.want, most) {
			t.Errorf("listen(%d): %+v, want a backlog of %d", c.ask, sockets[max(i, 0)], min(c.want, most))
		}
	}
}

// puma, nginx: once more, for another backlog. It is one gate nevertheless.
func TestListenTwiceOnOneSocket(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	one := w.start("sockets")
	one.listen("a", e)
	one.ok("listen a 1024", "serve a one")
	one.heard(handoff.Listening{Gen: 1, Endpoint: e})
	two := w.start("sockets")
	two.listen("a", e)
	two.ok("serve a two")
	w.cutover(2)
	answered(t, e, 10, "two")
}

func TestSeveralSocketsOfOneGeneration(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	for _, labels := range [][]string{{"one-a", "one-b"}, {"two-a", "two-b"}} {
		g := w.start("sockets")
		for _, label := range labels {
			g.ok("socket "+label+" tcp4", "set "+label+" reuseport 1", "bind "+label+" "+e.Addr.String(), "listen "+label+" 5", "serve "+label+" "+label)
			g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		}
		w.cutover(g.id)
		answered(t, e, 60, labels...)
	}
}

// A parent binds, its worker listens.
func TestChildListensOnAnInheritedSocket(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.start("sockets")
	used.Store("listen-inherited", true)
	g.ok("socket a tcp4", "bind a "+e.Addr.String(), "fork a 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: e})
	answered(t, e, 3, "inherited")
}

func TestDebuggersPortIsFlagged(t *testing.T) {
	w := newWorld(t)
	debug, e := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false)
	g := w.start("sockets", "--inspect="+debug.Addr.String())
	g.ok("socket a tcp4", "bind a "+debug.Addr.String(), "listen a 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: debug, Debugger: true})
	g.listen("b", e)
}
