package reuseport

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Hold takes new connections from the generation although nobody serves them
// yet: they wait in gates of our own, until the next bind of each endpoint is
// given that gate. So one process can end before the other begins, and clients
// only wait. held is false where the generation has no gate or a gate could not
// be opened: then it goes on getting clients there.
func (r *Registry) ParkConnections(gen handoff.GenID) (held bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for e, g := range r.groups {
		if g.single {
			continue // its clients wait in the only queue that there is
		}
		others := filter(g.steered, func(s *Gate) bool { return s.owner != gen || s.orphan })
		if len(others) == len(g.steered) {
			continue
		}
		if g.canary != nil && len(others) > 0 { // somebody else does serve there
			g.steered, g.canary = others, nil
			errs = append(errs, r.steerLocked(g))
			g.halfOpen, _ = r.kernel.HalfOpen(e)
			held = true
			continue
		}
		gate, err := r.openLocked(0, e)
		if err == nil {
			if err = r.listenLocked(gate, MinBacklog); err != nil {
				r.dropLocked(gate)
			}
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		g.steered, g.canary = []*Gate{gate}, nil
		errs = append(errs, r.steerLocked(g))
		g.halfOpen, _ = r.kernel.HalfOpen(e)
		held = true
	}
	err = errors.Join(errs...)
	return held && err == nil, err
}
