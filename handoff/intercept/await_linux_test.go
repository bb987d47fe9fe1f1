package intercept

import (
	"context"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The session does not wait while the descriptors of the program's processes are
// read, and a listen(2) of that time is not missed.
func TestListenWhileProcessesAreRead(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	r := reuseport.NewRegistry(sockets.System{})
	t.Cleanup(func() { r.Close() })
	probes := 0
	s := &session{
		gen: 1, registry: r, ctx: t.Context(), probed: map[handoff.Endpoint]int{e: 1},
		probe: func(context.Context, handoff.GenID, handoff.Endpoint) error {
			probes++
			return reuseport.ErrListenerClosed
		},
		report: func(e handoff.Event) { t.Errorf("told %#v of a closed listener", e) },
	}
	read := false
	r.SetProcesses(1, func() ([]int, error) {
		if read = true; !s.mu.TryLock() {
			t.Error("a call of listen would wait")
			return nil, nil
		}
		s.probed[e]++ // as listen does
		s.mu.Unlock()
		return nil, nil
	})
	s.await(handoff.Listening{Gen: 1, Endpoint: e})
	if !read || probes != 2 || len(s.probed) != 0 {
		t.Errorf("read %v, %d probes, left %v", read, probes, s.probed)
	}
}

// Clients that have waited for the generation are accepted before hotswap's probe: the first of them shows that it
// serves.
func TestAClientShowsThatItServes(t *testing.T) {
	w := newWorld(t)
	w.transport.probe = func(ctx context.Context, _ handoff.GenID, _ handoff.Endpoint) error { // behind all clients
		<-ctx.Done()
		return ctx.Err()
	}
	for _, ip := range []string{"127.0.0.1", "::"} {
		e := endpoint(t, ip, false)
		g := w.start("sockets")
		g.ok("socket a "+e.Network, "set a reuseaddr 1", "bind a "+e.Addr.String(), "listen a 5")
		c := testkit.Dial(t, reach(e))
		if (&session{tree: g.Tree}).hasClient(e) {
			t.Error("a client that waits in the queue counts as accepted")
		}
		g.quiet()
		g.ok("serve a one")
		g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		answers(t, c, "one")
		c.Close()
		g.end()
	}
}
