package reuseport

import (
	"cmp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// group models the kernel's array of one reuseport group: reuseport_add_sock appends, __reuseport_detach_sock
// moves the last member into the hole. Steering names members by their position, so the model and the kernel
// must not differ.
type group struct {
	registry *Registry // constant
	endpoint handoff.Endpoint
	kind     kind     // the endpoint's
	declared bool     // the user asked for the endpoint: open until the registry closes
	single   bool     // no second socket can join, see ErrSingle
	debugger bool     // the endpoint is a debugger's, as of the last listen
	late     bool     // no generation had the endpoint when it became ready
	members  []*Gate  // the gates that listen, in the kernel's order
	array    []uint64 // the inodes of all members, in the kernel's order: the gates' and strangers'
	bound    []*Gate  // the gates that do not listen yet: in no group
	steered  []*Gate  // the members that get new connections

	published *Gate  // unix: where the path leads; nil: nowhere, or to a gate that has left
	ledTo     uint64 // the file of that gate

	queue   *Gate  // the activator's socket whose clients are passed on; nil: clients come to the gates themselves
	recheck func() // has PassOn look again; nil: it does not run

	pin  *portPin // nil unless a probe is under way
	left int      // how many members have left: each may have moved another

	// halfOpen are the clients whose handshake was under way at the last cutover and will end in the queue of
	// a gate that is not steered to any more.
	halfOpen []sockdiag.Name
}

func (g *group) join(gate *Gate) {
	gate.listening = true
	g.bound = without(g.bound, gate)
	g.members = append(g.members, gate)
	if !slices.Contains(g.array, gate.inode) { // else follow has found it
		g.array = append(g.array, gate.inode)
	}
}

func (g *group) leave(gate *Gate) {
	gate.listening = false
	g.bound = without(g.bound, gate)
	g.steered = without(g.steered, gate)
	if g.published == gate {
		g.published, g.ledTo = nil, gate.file
	}
	i := slices.Index(g.members, gate)
	if i < 0 {
		return
	}
	g.left++
	g.members = slices.Delete(g.members, i, i+1)
	g.detach(gate.inode)
}

// detach removes a member as the kernel does.
func (g *group) detach(inode uint64) {
	i, last := slices.Index(g.array, inode), len(g.array)-1
	g.array[i] = g.array[last]
	g.array = g.array[:last]
	slices.SortFunc(g.members, func(a, b *Gate) int { return cmp.Compare(g.index(a), g.index(b)) })
}

// index returns the gate's position in the kernel's array.
func (g *group) index(gate *Gate) int { return slices.Index(g.array, gate.inode) }

// route returns where new connections go, in the kernel's terms.
func (g *group) route() sockets.Route {
	to := sockets.Route{ByPort: g.endpoint.IsUDP()}
	if g.pin != nil && slices.Contains(g.members, g.pin.gate) { // else there is none, or its gate has left
		to.Pin = &sockets.Pin{Port: g.pin.port, Index: g.index(g.pin.gate)}
	}
	for _, gate := range g.members {
		if slices.Contains(g.steered, gate) {
			to.Indexes = append(to.Indexes, g.index(gate))
		}
	}
	return to
}

// steersAtOnce reports whether a gate that begins to listen gets connections at once: when no gate is steered
// to, or those of its generation are. A further socket of UDP waits for the next look of [Registry.WatchClosed],
// because its program may be about to connect it.
func (g *group) steersAtOnce(gate *Gate) bool {
	return !slices.ContainsFunc(g.steered, func(s *Gate) bool {
		return s.owner != gate.owner || s.orphan ||
			g.endpoint.IsUDP()
	})
}

// served reports whether a process of the gate's owner may accept from it.
func (gate *Gate) served() bool { return gate.owner != 0 && !gate.orphan }

// listeners returns the members that the generation owns.
func (g *group) listeners(gen handoff.GenID) []*Gate { return owned(g.members, gen) }

// all returns the gates, listening or not.
func (g *group) all() []*Gate { return slices.Concat(g.members, g.bound) }

// of returns the gates that the generation owns, listening or not.
func (g *group) of(gen handoff.GenID) []*Gate { return owned(g.all(), gen) }

func owned(gates []*Gate, gen handoff.GenID) []*Gate {
	return filter(gates, func(gate *Gate) bool { return gate.owner == gen && !gate.orphan })
}

func without(gates []*Gate, gate *Gate) []*Gate {
	return filter(gates, func(g *Gate) bool { return g != gate })
}

func filter(gates []*Gate, keep func(*Gate) bool) []*Gate {
	return slices.DeleteFunc(slices.Clone(gates), func(g *Gate) bool { return !keep(g) })
}
