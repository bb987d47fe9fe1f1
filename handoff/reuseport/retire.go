package reuseport

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Release says that no process of the generation is left. Its gates become
// orphans: those that clients are sent to wait for the next bind, those in
// whose queue somebody waits too, the others are retired as soon as it is
// safe. It returns how many clients wait in gates that are not steered to any
// more: see [Registry.AcceptStranded].
func (r *Registry) GenerationEnded(gen handoff.GenID) (stranded int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, gen)
	for _, g := range r.groups {
		for _, gate := range g.of(gen) {
			gate.orphan = true
		}
	}
	_, stranded = r.sweepLocked()
	return stranded
}

// Abandon gives up the endpoints that only generations without a living
// process have, except the declared ones: the program does not serve them any
// more, and a client is better refused than left to wait for ever.
func (r *Registry) CloseUnserved() []handoff.Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []handoff.Endpoint
	if r.transfer != notTransferred {
		return nil
	}
	for e, g := range r.groups {
		if g.declared || len(g.members) == 0 || slices.ContainsFunc(g.members, func(m *Gate) bool { return !m.orphan && m.owner != 0 }) || len(g.bound) > 0 {
			continue
		}
		for _, gate := range slices.Clone(g.members) {
			r.dropLocked(gate)
		}
		out = append(out, e)
	}
	sortEndpoints(out)
	return out
}

// Sweep retires what can be retired by now. pending gates could not be yet
// (try again later); stranded clients wait in gates that are not steered to.
func (r *Registry) Sweep() (pending, stranded int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sweepLocked()
}

func (r *Registry) sweepLocked() (pending, stranded int) {
	if r.transfer != notTransferred {
		return 0, 0
	}
	for _, g := range r.groups {
		r.reconcileLocked(g)
		r.endCanaryLocked(g)
		p, n := r.closeOrphansLocked(g)
		pending, stranded = pending+p, stranded+n
		if len(g.members) == 0 && len(g.bound) == 0 && !g.declared {
			delete(r.groups, g.endpoint)
		}
	}
	return pending, stranded
}

// retireLocked closes the gates of a group that nobody can need any more. One
// that cannot leave safely yet stays: it costs a descriptor, gets no client,
// and leaves when the next generation listens or takes over.
func (r *Registry) closeOrphansLocked(g *group) (pending, stranded int) {
	for again := true; again; {
		again, pending, stranded = false, 0, 0
		for _, gate := range slices.Concat(g.bound, g.members) {
			if !gate.orphan || slices.Contains(g.steered, gate) || gate.activated && !r.listenAgainLocked(g, gate) {
				continue
			}
			if gate.listening {
				// In this order: a handshake that ends meanwhile is in the queue
				// by the second look.
				halfOpen := r.halfOpenLocked(g)
				waiting := r.clientsLocked(gate)
				switch {
				case waiting > 0:
					pending++
					stranded += waiting
					continue
				case halfOpen > 0:
					pending++
					continue
				case gate.activated: // it stays, steered to by nobody
					continue
				case !g.canLeave(gate):
					continue
				}
			}
			r.dropLocked(gate)
			again = true // the members have moved: what was unsafe may be safe
		}
	}
	return pending, stranded
}

// dropLocked takes a gate out of its group for good.
func (r *Registry) dropLocked(gate *Gate) {
	g := r.groupLocked(gate.endpoint)
	if gate.listening {
		_ = r.kernel.Shutdown(gate.fd) // it fails only where it has left already
	}
	r.forgetLocked(gate)
	_ = r.steerLocked(g) // an error here was one before: it is told at cutover
	_ = r.kernel.Close(gate.fd)
}

// forgetLocked removes a gate from the books; its descriptor is the caller's.
func (r *Registry) forgetLocked(gate *Gate) {
	delete(r.gates, gate.inode)
	g := r.groupLocked(gate.endpoint)
	g.leave(gate)
}

// disownLocked ends a canary of which one of the two generations is gone: its
// gates get no share any more, the other one gets everybody.
func (r *Registry) endCanaryLocked(g *group) {
	if g.canary == nil || !slices.ContainsFunc(g.steered, func(s *Gate) bool { return s.orphan }) {
		return
	}
	g.canary = nil
	if living := filter(g.steered, (*Gate).served); len(living) > 0 {
		g.steered = living
		_ = r.steerLocked(g)
		g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	}
}

// reconcileLocked follows the kernel where a program shut its listening socket
// down by itself (haproxy, some JVM servers): that takes it out of the group
// behind our back.
func (r *Registry) reconcileLocked(g *group) {
	changed := false
	for _, gate := range slices.Clone(g.members) {
		if _, listening, err := r.kernel.Queue(gate.fd); err == nil && !listening {
			g.leave(gate)
			g.bound = append(g.bound, gate)
			changed = true
		}
	}
	if changed {
		_ = r.steerLocked(g)
	}
}

// halfOpenLocked is how many of the handshakes that were under way at the last
// cutover still are.
func (r *Registry) halfOpenLocked(g *group) int {
	if len(g.halfOpen) == 0 {
		return 0
	}
	now, err := r.kernel.HalfOpen(g.endpoint)
	if err != nil {
		g.halfOpen = nil // not knowable here: the queue alone decides
		return 0
	}
	for client := range g.halfOpen {
		if _, still := now[client]; !still {
			delete(g.halfOpen, client)
		}
	}
	return len(g.halfOpen)
}
