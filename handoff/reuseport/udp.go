package reuseport

// udpKind is the kind of UDP: a socket joins its reuseport group when it is bound, and leaves by the last close(2).
type udpKind struct{ tcpKind }

func (udpKind) listen(gate *Gate, _ int) error {
	if gate.listening {
		return nil
	}
	g := gate.group
	return g.registry.kernel.Bind(gate.fd, g.endpoint)
}

// stopped follows connect(2), which makes the socket the program's own. A connected socket leaves its group. One that
// is bound to an address does so from Linux 6.13 on only (udp_lib_hash4), and before keeps its place, as a stranger
// does.
func (udpKind) stopped(gate *Gate) bool {
	g := gate.group
	r := g.registry
	to := g.route()
	if len(to.Indexes) == 0 {
		to.Indexes = []int{g.index(gate)}
	}
	if r.kernel.Steer(gate.fd, to) == nil { // it is in the group
		g.members = without(g.members, gate)
	}
	r.forgetLocked(gate)
	r.kernel.Close(gate.fd)
	if len(g.steered) == 0 { // a server of DTLS connects its socket and binds the next
		g.steered = g.listeners(gate.owner)
	}
	return true
}

func (udpKind) drop(gate *Gate) { gate.group.registry.discardLocked(gate) }
