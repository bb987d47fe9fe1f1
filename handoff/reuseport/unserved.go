package reuseport

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Queues calls each for the listening sockets of programs' addresses, but for debuggers' and UDP's. The descriptors are the registry's.
func (r *Registry) Queues(each func(e handoff.Endpoint, fd int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, gate := range r.gates {
		if at := gate.endpoint; gate.listening && !at.IsUDP() && !r.groups[at].debugger {
			each(at, gate.fd)
		}
	}
}

// AcceptUnserved accepts up to limit clients of TCP that wait where no program serves, and returns their connections,
// for the receiver to close. No system call gives a client back to the queue. So clients are accepted only if may says
// that all who wait at the port may be, which the registry calls under its lock.
//
// A bind that is given the gate waits for the registry's lock, and nothing is accepted from the gate from then on. The
// kernel appends clients to the queue's end: as many are accepted as were in the queue before the look at who they are.
func (r *Registry) AcceptUnserved(limit int, may func([]sockdiag.Name) bool) (fds []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || !r.decides() {
		return nil
	}
	for _, g := range r.groups {
		if g.debugger || g.endpoint.IsUnix() || g.endpoint.IsUDP() || slices.ContainsFunc(g.steered, (*Gate).served) {
			continue
		}
		for _, gate := range g.steered {
			fds = append(fds, r.acceptUnservedLocked(gate, limit-len(fds), may)...)
		}
	}
	return fds
}

func (r *Registry) acceptUnservedLocked(gate *Gate, limit int, may func([]sockdiag.Name) bool) (fds []int) {
	waiting, listening, err := r.kernel.Queue(gate.fd)
	if err != nil || !listening || waiting == 0 || limit <= 0 || waiting == gate.barred || gate.activated {
		return nil
	}
	all, err := r.kernel.Unaccepted(gate.endpoint, false)
	gate.probes = r.queuedLocked(gate)
	all = slices.DeleteFunc(all, func(c sockdiag.Name) bool { return slices.Contains(gate.probes, c) })
	if err != nil || !may(all) {
		gate.barred = waiting // a further look is worth its time when another client has come
		return nil
	}
	gate.barred = 0
	for range waiting {
		if len(fds) == limit {
			break
		}
		fd, ok := r.kernel.Accept(gate.fd)
		if !ok {
			break
		}
		fds = append(fds, fd)
	}
	return fds
}
