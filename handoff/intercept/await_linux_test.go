package intercept

import (
	"context"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A listen(2) while the program's closed listener is noticed is not missed.
func TestListenWhileItIsProbed(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	probes := 0
	s := &session{gen: 1, ctx: t.Context(), probed: map[handoff.Endpoint]int{e: 1}, report: func(e handoff.Event) {
		t.Errorf("told %#v of a closed listener", e)
	}}
	s.probe = func(context.Context, handoff.GenID, handoff.Endpoint) error {
		probes++
		if probes == 1 {
			s.probed[e]++ // as listen does
		}
		return reuseport.ErrListenerClosed
	}
	s.await(handoff.Listening{Gen: 1, Endpoint: e})
	if probes != 2 || len(s.probed) != 0 {
		t.Errorf("%d probes, left %v", probes, s.probed)
	}
}

// A generation that is ready may open an address for one client alone. While the process has a client, or gets
// datagrams, hotswap leaves what it opens to the program, and no other generation gets that too. What it opens
// otherwise is handed over, and hotswap does not connect there.
func TestOpenedForAClient(t *testing.T) {
	t.Parallel()
	var e, u handoff.Endpoint
	probe := func(_ context.Context, _ handoff.GenID, at handoff.Endpoint) error {
		if at != e {
			t.Errorf("hotswap connects to %v", at)
		}
		return nil
	}
	open := func(g *generation, name string, at handoff.Endpoint) string {
		g.ok("socket " + name + " " + at.Network)
		return g.do("bind " + name + " " + at.Addr.String())
	}
	for _, way := range []struct {
		of     string
		before func(*generation)
	}{
		{"tcp", func(g *generation) { testkit.Dial(t, reach(e)); g.ok("accept client main") }},
		{"udp", func(g *generation) {
			g.ok("socket u udp4", "bind u "+u.Addr.String())
			g.heard(handoff.Listening{Gen: g.id, Endpoint: u, Late: true})
		}},
	} {
		late, own, call := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false),
			endpoint(t, "127.0.0.1", false)
		e, u = endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.2", false)
		u.Network, call.Network = "udp4", "udp4"
		w := newWorld(t)
		w.transport.probe = probe
		one, two := w.start("sockets"), w.start("sockets")
		for _, g := range []*generation{one, two} {
			w.registry.SetProcesses(g.id, func() ([]int, error) { return g.Tree(), nil })
			g.listen("main", e)
			w.cutover(g.id)
			g.ok("socket late tcp4", "bind late "+late.Addr.String(), "listen late 5")
			g.heard(handoff.Listening{Gen: g.id, Endpoint: late, Late: true})
			way.before(g)
			want := map[*generation]string{one: "ok", two: "EADDRINUSE"}[g]
			if got := open(g, "call", call); got != want {
				t.Errorf("%s: generation %d opens the address of a call: %s, want %s", way.of, g.id, got, want)
			}
			if way.of == "udp" { // datagrams say nothing of TCP
				g.ok("socket shared tcp4", "bind shared "+own.Addr.String())
				g.gets("1", "get shared reuseport")
				continue
			}
			if got := open(g, "own", own); got != want {
				t.Errorf("generation %d opens the address of a client: %s, want %s", g.id, got, want)
			}
			g.gets("0", "get own reuseport")
			if g == one {
				g.ok("listen own 5")
			}
			g.quiet()
		}
		one.end()
		two.end()
	}
}
