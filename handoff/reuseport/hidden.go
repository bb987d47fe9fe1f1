package reuseport

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A save may move a program between all addresses of a port and a single one. The kernel prefers the single one,
// whoever listens there: the gates of the two are in two groups, between which no program steers. So where a gate would
// hide the address at which another generation serves, clients wait in a gate of hotswap (a guard) until it is known
// who serves.

// hidesLocked reports whether the group hides an address at which another generation than gen serves.
func (r *Registry) hidesLocked(g *group, gen handoff.GenID) bool {
	return slices.ContainsFunc(r.rivalsLocked(g), func(to *Gate) bool {
		return to.owner != gen && g.endpoint.Hides(to.group.endpoint)
	})
}

// rivalsLocked returns the gates at which programs serve clients of the group's addresses too, or would without it, and
// those at single addresses of a port if the group is that of all.
func (r *Registry) rivalsLocked(g *group) (gates []*Gate) {
	single := func(e handoff.Endpoint) bool { return !e.IsUDP() && !e.Addr.Addr().IsUnspecified() }
	for e, o := range r.groups {
		near := e.Excludes(g.endpoint) || e.Port() == g.endpoint.Port() && single(e) && !single(g.endpoint)
		if to := o.servingGate(); to != nil && o != g && near {
			gates = append(gates, to)
		}
	}
	return gates
}

// guardHiddenLocked has clients wait who would get to an older generation, because its address hides one of the
// generation.
func (r *Registry) guardHiddenLocked(gen handoff.GenID) (errs []error) {
	for e, g := range r.groups {
		if g.debugger || g.single || g.servingGate() == nil || len(g.listeners(gen)) > 0 ||
			!slices.ContainsFunc(r.rivalsLocked(g), func(to *Gate) bool {
				return to.owner == gen && e.Hides(to.group.endpoint)
			}) {
			continue
		}
		guard, err := r.openListeningLocked(0, e, 0)
		if err == nil {
			err = r.steerToLocked(g, []*Gate{guard})
		}
		errs = append(errs, err)
	}
	return errs
}

// givenUpLocked reports whether clients wait in vain at the group: its programs have closed it ([group.closed]), or
// have ended while clients of its addresses are served elsewhere. to is a gate where that is so; nil: there is none.
func (r *Registry) givenUpLocked(g *group) (to *Gate, givenUp bool) {
	if g.declared || r.frozen || slices.ContainsFunc(g.all(), func(m *Gate) bool { return m.served() && !m.closed() }) {
		return nil, false
	}
	givenUp = g.closed()
	for _, to := range r.rivalsLocked(g) {
		if givenUp || to.group.endpoint.Excludes(g.endpoint) && len(g.members) > 0 && !g.endpoint.IsUDP() {
			return to, true
		}
	}
	return nil, givenUp
}

// closed reports whether a generation that lives has closed the group's sockets, and none may serve there: neither
// another one, nor whoever starts a process again that has ended with its socket.
func (g *group) closed() bool {
	all := g.all()
	return slices.ContainsFunc(all, (*Gate).closed) && !slices.ContainsFunc(all, func(m *Gate) bool {
		if m.served() {
			return !m.closed() || m.died && !g.endpoint.IsUDP()
		}
		return slices.Contains(g.steered, m)
	})
}
