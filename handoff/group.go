package handoff

import (
	"net/netip"
	"slices"
)

// group is the reuseport group of one endpoint, as a model of the kernel's
// array: reuseport_add_sock appends, __reuseport_detach_sock moves the last
// member into the hole. Only the position in this array steers, so belief and
// kernel must not differ.
type group struct {
	endpoint Endpoint
	declared bool    // asked for by the user: held until the registry closes
	members  []*Gate // in the kernel's order; those that listen
	bound    []*Gate // bound by us and not listening yet: in no group
	steered  []*Gate // who gets new connections; a subset of members

	// aim is the exception of a probe, or nil.
	aim *aim

	// halfOpen are the clients whose handshake was under way when the last
	// cutover happened: it will end in the queue of a gate that is not
	// steered to any more. Nil when none is left.
	halfOpen map[netip.AddrPort]struct{}
}

type aim struct {
	port uint16
	gate *Gate
}

func (g *group) join(gate *Gate) {
	gate.listening = true
	g.bound = without(g.bound, gate)
	g.members = append(g.members, gate)
}

func (g *group) leave(gate *Gate) {
	gate.listening = false
	g.bound = without(g.bound, gate)
	g.steered = without(g.steered, gate)
	i := slices.Index(g.members, gate)
	if i < 0 {
		return
	}
	last := len(g.members) - 1
	g.members[i] = g.members[last]
	g.members = g.members[:last]
}

// indexes are the positions of the steered gates.
func (g *group) indexes() []int {
	var out []int
	for i, gate := range g.members {
		if slices.Contains(g.steered, gate) {
			out = append(out, i)
		}
	}
	return out
}

// exception is the aim in the kernel's terms; nil if there is none, or if its
// gate has left.
func (g *group) exception() *Aim {
	if g.aim == nil {
		return nil
	}
	i := slices.Index(g.members, g.aim.gate)
	if i < 0 {
		return nil
	}
	return &Aim{Port: g.aim.port, Index: i}
}

// safe says whether gate can leave without a moment in which the kernel's
// program names nobody or the wrong one: leaving and steering anew are two
// system calls, and clients come in between.
//
// The last member moves into the hole. That is harmless if nobody is steered
// to it; or if everybody else is steered to, for an index that has become out
// of range makes the kernel spread over whoever is left.
func (g *group) safe(gate *Gate) bool {
	last := g.members[len(g.members)-1]
	if last == gate || !slices.Contains(g.steered, last) {
		return true
	}
	return !slices.ContainsFunc(g.members, func(m *Gate) bool { return m != gate && !slices.Contains(g.steered, m) })
}

// of are the gates of one generation, listening or not.
func (g *group) of(gen GenID) []*Gate {
	var out []*Gate
	for _, gate := range slices.Concat(g.members, g.bound) {
		if gate.owner == gen && !gate.orphan {
			out = append(out, gate)
		}
	}
	return out
}

func without(gates []*Gate, gate *Gate) []*Gate {
	return slices.DeleteFunc(slices.Clone(gates), func(g *Gate) bool { return g == gate })
}
