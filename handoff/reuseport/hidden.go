package reuseport

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A save may move a program between all addresses of a port and a single one. The kernel prefers the single one, whoever
// listens there: the gates of the two are in two groups, between which no program steers. So where a gate would hide the
// address at which another generation serves, clients wait in a gate of hotswap (a guard) until it is known who serves.

// hidesLocked reports whether the group hides an address at which another generation than gen serves.
func (r *Registry) hidesLocked(g *group, gen handoff.GenID) bool {
	return slices.ContainsFunc(r.rivalsLocked(g), func(to *Gate) bool { return to.owner != gen && g.endpoint.Hides(to.endpoint) })
}

// rivalsLocked returns the gates at which programs serve clients of the group's addresses too, or would without it, and those
// at single addresses of a port if the group is that of all.
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

// guardHiddenLocked has clients wait who would get to an older generation, because its address hides one of the generation.
func (r *Registry) guardHiddenLocked(gen handoff.GenID) (errs []error) {
	for e, g := range r.groups {
		if g.debugger || g.single || g.servingGate() == nil || len(g.listeners(gen)) > 0 ||
			!slices.ContainsFunc(r.rivalsLocked(g), func(to *Gate) bool { return to.owner == gen && e.Hides(to.endpoint) }) {
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

// givenUpLocked returns a gate where clients are served who wait in vain at the group: no program has it open. Nil: there is
// none. A program that accepts at a single address, and has closed its listener at all of the port, has only seen whether
// the port is free, as Vite does. A browser would try [::1] before 127.0.0.1, and wait there for ever.
func (r *Registry) givenUpLocked(g *group) *Gate {
	if g.declared || g.endpoint.IsUnix() || g.endpoint.IsUDP() || len(g.members) == 0 || len(g.bound) > 0 || r.frozen ||
		slices.ContainsFunc(g.members, func(m *Gate) bool { return m.served() && !m.closed() }) {
		return nil
	}
	tried := !slices.ContainsFunc(g.members, func(m *Gate) bool { return !m.closed() })
	for _, to := range r.rivalsLocked(g) {
		if tried || to.endpoint.Excludes(g.endpoint) {
			return to
		}
	}
	return nil
}
