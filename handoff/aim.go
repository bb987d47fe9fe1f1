package handoff

import (
	"errors"
	"fmt"
)

// ErrNoGate says that the generation has no gate on the endpoint, or that
// somebody is probing the endpoint already: try again later.
var ErrNoGate = errors.New("no gate to aim at")

// Aim sends connections from one client port to the generation's own gate,
// while everybody else goes where they went: so a probe reaches the new
// generation for certain. undo ends that; a connection that has been made
// stays.
func (r *Registry) Aim(gen GenID, e Endpoint, port uint16) (undo func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	if g == nil || g.aim != nil || r.mandate != mandateOurs {
		return nil, fmt.Errorf("probe %s: %w", e, ErrNoGate)
	}
	for _, gate := range g.listeners(gen) {
		a := &aim{port: port, gate: gate}
		g.aim = a
		if err := r.steerLocked(g); err != nil {
			g.aim = nil
			return nil, err
		}
		return func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if g.aim == a {
				g.aim = nil
				_ = r.steerLocked(g) // nothing is lost if the exception stays
			}
		}, nil
	}
	return nil, fmt.Errorf("probe %s: %w", e, ErrNoGate)
}
