package reuseport

import "github.com/hotswap-dev/hotswap/handoff"

// Queues calls each for the listening sockets of programs' addresses, but for debuggers' and UDP's. The descriptors are
// the registry's.
func (r *Registry) Queues(each func(e handoff.Endpoint, fd int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, gate := range r.gates {
		if g := gate.group; gate.listening && !g.endpoint.IsUDP() && !g.debugger {
			each(g.endpoint, gate.fd)
		}
	}
}
