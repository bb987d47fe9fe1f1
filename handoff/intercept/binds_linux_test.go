package intercept

import (
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// Sockets on many addresses are forgotten too, though none is in question twice.
func TestManyAddressesAreForgotten(t *testing.T) {
	s := &session{registry: reuseport.NewRegistry(nil), tree: func() []int { return nil }, sockets: map[uint64]bound{}, pruneAt: manyBound}
	for i := range 10 * manyBound {
		e := handoff.Endpoint{Network: "tcp4", Addr: netipAt(fmt.Sprintf("127.0.%d.%d", i/250, i%250+1), 4000)}
		s.remember(uint64(i), bound{endpoint: e})
		if len(s.sockets) > manyBound {
			t.Fatalf("%d sockets are remembered that no process has", len(s.sockets))
		}
	}
}
