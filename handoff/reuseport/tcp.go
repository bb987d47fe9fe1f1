package reuseport

import (
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// tcpKind is the kind of TCP: the listeners are in a reuseport group of the kernel.
type tcpKind struct{}

func (tcpKind) listen(gate *Gate, backlog int) error {
	return gate.group.registry.kernel.Listen(gate.fd, max(backlog, MinBacklog))
}

// strangerListens asks the kernel. If the kernel does not tell, it still refuses sockets without SO_REUSEPORT.
func (tcpKind) strangerListens(g *group) bool {
	all := g.registry.kernel.Listeners(g.endpoint.IsUDP(), g.endpoint.Port())
	g.follow(all)
	return slices.ContainsFunc(all, func(l sockets.Listener) bool {
		return g.registry.gates[l.Inode] == nil && !l.Connected && l.Endpoint.Excludes(g.endpoint)
	})
}

// steer attaches a program to the group.
func (tcpKind) steer(g *group) error {
	to := g.route()
	if len(to.Indexes) == 0 || g.single {
		return nil
	}
	if err := g.registry.kernel.Steer(g.steered[0].fd, to); err != nil {
		return fmt.Errorf("steer %s: %w", g.endpoint, err)
	}
	return nil
}

// canLeave compares indexes, because leaving and steering are two system calls, and clients come in between.
//
// The last member moves into the hole. That is harmless if the last member is not steered to, or if all other members
// are: an index out of range makes the kernel spread over whatever is left.
func (tcpKind) canLeave(gate *Gate) bool {
	g := gate.group
	last := g.members[len(g.members)-1]
	if last == gate || g.index(last) < len(g.array)-1 || !slices.Contains(g.steered, last) {
		return true
	}
	return len(g.array) == len(g.members) && !slices.ContainsFunc(g.members, func(m *Gate) bool {
		return m != gate && !slices.Contains(g.steered, m)
	})
}

// stopped follows shutdown(2) of a listening socket (haproxy, some JVM servers): the program may listen again.
func (tcpKind) stopped(gate *Gate) bool {
	g := gate.group
	g.leave(gate)
	g.bound = append(g.bound, gate)
	return true
}

func (tcpKind) end(g *group) { g.registry.handBackLocked(g) }

// drop leaves it to the kernel whether the socket of a program that has closed it ends.
func (tcpKind) drop(gate *Gate) {
	r := gate.group.registry
	if gate.listening && !gate.closed() {
		_ = r.kernel.Shutdown(gate.fd) // fails only if the gate does not listen any more
	}
	r.discardLocked(gate)
}
