package reuseport

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ErrNoGate says that the generation has no gate on the endpoint, or that another probe of the endpoint is
// under way: try again later.
var ErrNoGate = errors.New("no gate to connect to")

// portPin steers the connections from one client port to one gate.
type portPin struct {
	port uint16
	gate *Gate
}

// PinPort steers the connection that is about to be made from c's remote port to a gate of the generation,
// while all other connections go where they went. So a probe reaches the new generation for certain. unpin
// ends that. It reports whether the pin held all the time: if not, a gate left the group meanwhile and the
// connection may have gone elsewhere. A connection that was made stays and does not count as a client
// ([Registry.Waiting]).
func (r *Registry) PinPort(gen handoff.GenID, e handoff.Endpoint, c sockdiag.Name) (unpin func() (held bool),
	err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.findLocked(e)
	var mine []*Gate
	if g.pin == nil {
		r.reconcileLocked(g)
		mine = g.listeners(gen)
	}
	if len(mine) == 0 {
		return nil, ErrNoGate
	}
	p := &portPin{port: c.Remote.Port(), gate: accepting(mine)[0]}
	g.pin = p
	if err := r.steerLocked(g); err != nil {
		g.pin = nil
		return nil, err
	}
	left := g.left
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if g.pin != p || r.closed {
			return false
		}
		r.reconcileLocked(g)
		g.pin = nil
		_ = r.steerLocked(g) // a pin that stays in the kernel does no harm
		if g.left != left {
			return false
		}
		p.gate.probes = append(r.queuedLocked(p.gate), c)
		return true
	}, nil
}
