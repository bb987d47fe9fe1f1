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

	// halfOpen are the clients whose handshake was under way when the last
	// cutover happened: it will end in the queue of a gate that is not
	// steered to any more. Nil when none is left.
	halfOpen map[netip.AddrPort]struct{}
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

// moves says whether taking out gate changes the position of a steered one,
// so that until the next Steer the kernel's program names nobody or the wrong
// one.
func (g *group) moves(gate *Gate) bool {
	last := g.members[len(g.members)-1]
	return last != gate && slices.Contains(g.steered, last)
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
