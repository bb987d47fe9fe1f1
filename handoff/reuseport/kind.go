package reuseport

import "github.com/hotswap-dev/hotswap/handoff"

// kind is what the sockets of one endpoint do in their own way: those of TCP, of UDP and at a path. A kind has no
// state. The registry calls the methods under its lock.
type kind interface {
	// listen gets the gate into its group, or, if the gate is in it, changes the length of the queue.
	listen(gate *Gate, backlog int) error
	// strangerListens reports whether a stranger listens where a gate of the group would, and follows the strangers in
	// the group.
	strangerListens(g *group) bool
	// steer sends new clients to the group's steered gates, of which there is one at least.
	steer(g *group) error
	// canLeave reports whether the gate can leave without a moment in which clients are sent to no gate or the wrong
	// one.
	canLeave(gate *Gate) bool
	// stopped follows the kernel, in which a program has ended the gate's listening. It reports whether the group
	// changed.
	stopped(gate *Gate) bool
	// drop takes the gate out of its group for good.
	drop(gate *Gate)
	// end prepares the group for the moment at which the registry closes its descriptors.
	end(g *group)
}

func kindOf(e handoff.Endpoint) kind {
	switch {
	case e.IsUnix():
		return pathKind{}
	case e.IsUDP():
		return udpKind{}
	}
	return tcpKind{}
}
