package reuseport

import (
	"net/netip"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// group is the reuseport group of one endpoint, as a model of the kernel's
// array: reuseport_add_sock appends, __reuseport_detach_sock moves the last
// member into the hole. Only the position in this array steers, so belief and
// kernel must not differ.
type group struct {
	endpoint handoff.Endpoint
	declared bool    // asked for by the user: held until the registry closes
	single   bool    // no second socket can join the lent one, see ErrSingle
	debugger bool    // a debugger's: who listened last says so
	members  []*Gate // in the kernel's order; those that listen
	bound    []*Gate // bound by us and not listening yet: in no group
	steered  []*Gate // who gets new connections; a subset of members

	// canary says that two generations are steered to; nil where it is one.
	canary *canary

	// aim is the exception of a probe, or nil.
	pin *portPin

	// left counts the members that have left: each time one may have moved.
	left int

	// halfOpen are the clients whose handshake was under way when the last
	// cutover happened: it will end in the queue of a gate that is not
	// steered to any more. Nil when none is left.
	halfOpen map[netip.AddrPort]struct{}
}

type portPin struct {
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
	g.left++
	g.members[i] = g.members[last]
	g.members = g.members[:last]
}

// route is who is steered to, in the kernel's terms.
func (g *group) route() Route {
	to := Route{Pin: g.kernelPin()}
	for i, gate := range g.members {
		switch {
		case !slices.Contains(g.steered, gate):
		case g.canary != nil && gate.owner == g.canary.gen:
			to.Trial = append(to.Trial, i)
		default:
			to.Indexes = append(to.Indexes, i)
		}
	}
	switch {
	case len(to.Indexes) == 0: // the others have shut theirs down
		to.Indexes, to.Trial = to.Trial, nil
	case len(to.Trial) > 0:
		to.Percent = g.canary.percent
	}
	return to
}

// welcomes says whether a gate that begins to listen is steered to at once:
// when nobody is yet, or its own generation already is.
func (g *group) steersAtOnce(gate *Gate) bool {
	switch {
	case len(g.steered) == 0:
		return true
	case g.canary != nil:
		return gate.owner == g.canary.gen || gate.owner == g.canary.others
	}
	return !slices.ContainsFunc(g.steered, func(s *Gate) bool { return s.owner != gate.owner || s.orphan })
}

// exception is the aim in the kernel's terms; nil if there is none, or if its
// gate has left.
func (g *group) kernelPin() *Pin {
	if g.pin == nil {
		return nil
	}
	i := slices.Index(g.members, g.pin.gate)
	if i < 0 {
		return nil
	}
	return &Pin{Port: g.pin.port, Index: i}
}

// safe says whether gate can leave without a moment in which the kernel's
// program names nobody or the wrong one: leaving and steering anew are two
// system calls, and clients come in between.
//
// The last member moves into the hole. That is harmless if nobody is steered
// to it; or if everybody else is steered to, for an index that has become out
// of range makes the kernel spread over whoever is left.
func (g *group) canLeave(gate *Gate) bool {
	last := g.members[len(g.members)-1]
	if last == gate || !slices.Contains(g.steered, last) {
		return true
	}
	return !slices.ContainsFunc(g.members, func(m *Gate) bool { return m != gate && !slices.Contains(g.steered, m) })
}

// served says whether a process of the gate's owner may accept from it.
func (gate *Gate) served() bool { return gate.owner != 0 && !gate.orphan }

// listeners are the gates of one generation that are in the group.
func (g *group) listeners(gen handoff.GenID) []*Gate {
	return filter(g.members, func(m *Gate) bool { return m.owner == gen && !m.orphan })
}

// of are the gates of one generation, listening or not.
func (g *group) of(gen handoff.GenID) []*Gate {
	var out []*Gate
	for _, gate := range slices.Concat(g.members, g.bound) {
		if gate.owner == gen && !gate.orphan {
			out = append(out, gate)
		}
	}
	return out
}

func without(gates []*Gate, gate *Gate) []*Gate {
	return filter(gates, func(g *Gate) bool { return g != gate })
}

func filter(gates []*Gate, keep func(*Gate) bool) []*Gate {
	return slices.DeleteFunc(slices.Clone(gates), func(g *Gate) bool { return !keep(g) })
}
