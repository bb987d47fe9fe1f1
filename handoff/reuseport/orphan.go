package reuseport

import (
	"cmp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// GenerationEnded says that no process of the generation is left. Its gates become orphans: steered gates
// wait for the next bind, the others are closed as soon as no client needs them: see [Registry.AcceptOrphaned].
func (r *Registry) GenerationEnded(gen handoff.GenID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, gen)
	if r.ready[gen] {
		r.ended = max(r.ended, gen)
	}
	delete(r.ready, gen)
	for _, gate := range r.ofLocked(gen) {
		gate.orphan = true
	}
	r.sweepLocked()
}

// CloseUnserved closes the endpoints at which only generations without a process have gates, except the
// declared ones: the program does not serve them any more, and it is better to refuse a client than to let it
// wait for ever. What generations open late stays until one has ended that did not open it.
func (r *Registry) CloseUnserved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		if to, _ := r.givenUpLocked(g); to != nil { // Sweep closes it
			continue
		}
		if g.declared || len(g.members) == 0 || len(g.bound) > 0 || slices.ContainsFunc(g.members, (*Gate).served) ||
			g.late && slices.ContainsFunc(g.members, func(m *Gate) bool { return m.owner >= r.ended }) {
			continue
		}
		for _, gate := range slices.Clone(g.members) {
			r.dropLocked(gate)
		}
	}
}

// Sweep closes the orphans that can be closed by now, and the endpoints that are given up, of which it returns those
// that a generation has closed. pending gates could not be closed yet: sweep again later.
func (r *Registry) Sweep() (closed []handoff.Closed, pending int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e, g := range r.groups {
		to, givenUp := r.givenUpLocked(g)
		if !givenUp {
			continue
		}
		g.kind.strangerListens(g) // where the others are decides who gets the clients that are left
		for _, gate := range g.all() {
			// AcceptOrphaned passes clients on, or will when the generation that boots listens at another address of
			// theirs.
			if (to != nil || !r.ready[gate.owner]) && r.clientsLocked(gate) > 0 {
				pending++
				continue
			}
			if gate.closed() {
				closed = append(closed, handoff.Closed{Gen: gate.owner, Endpoint: e})
			}
			r.dropLocked(gate)
		}
	}
	for _, c := range closed { // what a generation that has no address opens next is a start again
		r.ready[c.Gen] = r.ready[c.Gen] && len(r.ofLocked(c.Gen)) > 0
	}
	return closed, pending + r.sweepLocked()
}

func (r *Registry) sweepLocked() (pending int) {
	for _, g := range r.groups {
		r.reconcileLocked(g)
		if g.endpoint.IsUnix() {
			_ = r.steerLocked(g) // a generation may have removed the path
		}
		pending += r.closeOrphansLocked(g)
		if len(g.all()) == 0 && !g.declared {
			delete(r.groups, g.endpoint)
		}
	}
	return pending
}

// closeOrphansLocked closes the orphans of a group that no client can need any more. An orphan that cannot
// leave safely stays: it costs a descriptor, gets no client, and leaves when the next generation listens or
// takes over.
func (r *Registry) closeOrphansLocked(g *group) (pending int) {
	for again := true; again; {
		again, pending = false, 0
		for _, gate := range g.all() {
			gone := gate.orphan || gate.closed() && g.endpoint.IsUDP() // which has no client that could be passed on
			if !gone || slices.Contains(g.steered, gate) {
				continue
			}
			if gate.listening {
				// Handshakes before the queue: one that ends in between is then in the queue.
				halfOpen := r.halfOpenLocked(g)
				if r.clientsLocked(gate) > 0 || halfOpen > 0 {
					pending++
					continue
				}
				g.kind.strangerListens(g)
				if gate.activated || !g.kind.canLeave(gate) {
					continue
				}
			}
			r.dropLocked(gate)
			again = true // the members have moved, so that others may be able to leave
		}
	}
	return pending
}

// discardLocked forgets a gate, closes it and steers past it.
func (r *Registry) discardLocked(gate *Gate) {
	r.forgetLocked(gate)
	r.close(gate)
	_ = r.steerLocked(gate.group) // the next cutover reports the same error
}

// dropLocked takes a gate out of its group for good.
func (r *Registry) dropLocked(gate *Gate) { gate.group.kind.drop(gate) }

// forgetLocked removes a gate. Its descriptor is the caller's then.
func (r *Registry) forgetLocked(gate *Gate) {
	delete(r.gates, gate.inode)
	gate.group.leave(gate)
}

// reconcileLocked follows the kernel if programs have ended the listening of gates.
func (r *Registry) reconcileLocked(g *group) {
	changed := false
	if len(g.array) > len(g.members) {
		before := slices.Clone(g.array)
		g.kind.strangerListens(g)
		changed = !slices.Equal(before, g.array)
	}
	for _, gate := range slices.Clone(g.members) {
		if _, listening := r.kernel.Queue(gate.fd); listening {
			continue
		}
		g.kind.strangerListens(g) // the kernel has moved its last member, which may be a stranger
		changed = g.kind.stopped(gate) || changed
	}
	if changed {
		_ = r.steerLocked(g)
	}
}

// halfOpenLocked returns how many of the handshakes that were under way at the last cutover still are.
func (r *Registry) halfOpenLocked(g *group) int {
	if len(g.halfOpen) == 0 {
		return 0
	}
	now := r.kernel.Handshakes(g.endpoint)
	still := map[sockdiag.Name]bool{}
	for _, c := range now {
		still[c] = true
	}
	g.halfOpen = slices.DeleteFunc(g.halfOpen, func(c sockdiag.Name) bool { return !still[c] })
	return len(g.halfOpen)
}

// OrphanedConn is a client that waited at a gate whose generation is gone or has closed the gate, while
// another gate of the address is served.
type OrphanedConn struct {
	At handoff.Endpoint
	To handoff.GenID // a generation that serves the address now
	FD int           // the accepted connection, for the receiver to close
}

// AcceptOrphaned accepts up to limit such clients. While no gate of an address is served, its clients stay in
// the queue, because the next bind is given the gate.
func (r *Registry) AcceptOrphaned(limit int) []OrphanedConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []OrphanedConn
	for _, g := range r.groups {
		if g.queue != nil {
			continue
		}
		elsewhere, givenUp := r.givenUpLocked(g)
		to := cmp.Or(g.servingGate(), elsewhere)
		for _, gate := range g.members {
			for to != nil && (givenUp || g.hasOrphans(gate)) && len(out) < limit && r.clientsLocked(gate) > 0 {
				fd := r.kernel.Accept(gate.fd)
				if fd < 0 {
					break
				}
				out = append(out, OrphanedConn{At: g.endpoint, To: to.owner, FD: fd})
			}
		}
	}
	return out
}

// servingGate returns a steered gate from which a program accepts, or nil.
func (g *group) servingGate() *Gate {
	return first(g.steered, func(s *Gate) bool { return s.served() && !s.closed() })
}

// adoptable returns the gate that the next bind of the endpoint must get: the steered gate of a generation that is
// gone, in whose queue clients wait. Nil: there is none, and the program's own socket is better.
func (g *group) adoptable() *Gate {
	return first(g.steered, func(s *Gate) bool { return !s.served() && s != g.queue })
}

// first returns the first gate of which that is so, or nil.
func first(gates []*Gate, is func(*Gate) bool) *Gate {
	for _, gate := range gates {
		if is(gate) {
			return gate
		}
	}
	return nil
}

// hasOrphans reports whether the clients in the gate's queue are orphaned: no program accepts from the gate,
// and it is not steered to.
func (g *group) hasOrphans(gate *Gate) bool {
	return (!gate.served() || gate.closed()) && !slices.Contains(g.steered, gate)
}
