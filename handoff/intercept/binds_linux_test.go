package intercept

import (
	"fmt"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// What no process has is forgotten: at once if it was a gate, else when it may
// not be on its way to another process any more.
func TestPrune(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		b    bound
		held bool
		want *bound
	}{
		"held":                     {bound{}, true, &bound{}},
		"held again":               {bound{missed: now.Add(-time.Hour)}, true, &bound{}},
		"a gate that is held":      {bound{listens: true}, true, &bound{listens: true}},
		"a gate that is not":       {bound{listens: true}, false, nil},
		"missed now":               {bound{}, false, &bound{missed: now}},
		"missed, maybe on its way": {bound{missed: now.Add(time.Second - inFlight)}, false, &bound{missed: now.Add(time.Second - inFlight)}},
		"missed for too long":      {bound{missed: now.Add(-inFlight)}, false, nil},
	} {
		sockets, h := map[uint64]bound{7: c.b}, map[uint64]bool{}
		if c.held {
			h[7] = true
		}
		prune(sockets, h, now)
		got, ok := sockets[7]
		if ok != (c.want != nil) || ok && got != *c.want {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}

// Sockets on many addresses are forgotten too, though none is in question twice.
func TestManyAddressesAreForgotten(t *testing.T) {
	s := &session{registry: reuseport.NewRegistry(nil), tree: func() []int { return nil }, sockets: map[uint64]bound{}, pruneAt: manyBound}
	long := time.Now().Add(-time.Hour)
	for i := range 10 * manyBound {
		e := handoff.Endpoint{Network: "tcp4", Addr: netipAt(fmt.Sprintf("127.0.%d.%d", i/250, i%250+1), 4000)}
		s.openSockets(e, uint64(i))
		if len(s.sockets) > manyBound {
			t.Fatalf("%d sockets are remembered that no process has", len(s.sockets))
		}
		s.sockets[uint64(i)] = bound{endpoint: e, missed: long}
	}
}
