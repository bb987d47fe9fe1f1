package reuseport

import (
	"errors"
	"fmt"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrNoGate says that the generation has no gate on the endpoint, or that
// somebody is probing the endpoint already: try again later.
var ErrNoGate = errors.New("no gate to aim at")

// Aim sends the connection that is about to be made from c's client port to the
// generation's own gate, one that it has not closed, while everybody else goes where they went: so a probe
// reaches the new generation for certain. undo ends that; a connection that has
// been made stays, and is not counted as a client ([Registry.Waiting]). held says
// whether the aim was true all the time: if not, the program shut a listening
// socket down meanwhile, or a gate was retired, and where the connection went is
// not known.
func (r *Registry) PinPort(gen handoff.GenID, e handoff.Endpoint, c Conn) (undo func() (held bool), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	if g == nil || g.pin != nil || r.transfer != notTransferred {
		return nil, fmt.Errorf("probe %s: %w", e, ErrNoGate)
	}
	r.reconcileLocked(g)
	mine := g.listeners(gen)
	if len(mine) == 0 {
		return nil, fmt.Errorf("probe %s: %w", e, ErrNoGate)
	}
	a := &portPin{port: c.Client.Port(), gate: accepting(mine)[0]}
	g.pin = a
	if err := r.steerLocked(g); err != nil {
		g.pin = nil
		return nil, err
	}
	left := g.left
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if g.pin != a || r.closed {
			return false
		}
		r.reconcileLocked(g)
		g.pin = nil
		_ = r.steerLocked(g) // nothing is lost if the exception stays
		if g.left != left || r.transfer != notTransferred {
			return false
		}
		a.gate.probes = append(r.queuedLocked(a.gate), c)
		return true
	}, nil
}
