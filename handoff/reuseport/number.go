package reuseport

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A program that binds port 0 gets a number from the kernel, each time another one. The next generation keeps the number
// if that is of the only port at which clients get to the program. Of several ports nobody knows which is which: a
// program's own processes often talk over one.

// Number gives an endpoint with port 0 the one port of TCP at which the program is served, or clients wait for it, if the
// kernel chose that port for the same address. ok is false if there is no such port, or another one, too, or if the
// generation has had it: it may look for two free ports, and close the first to see another.
func (r *Registry) Number(gen handoff.GenID, e handoff.Endpoint) (at handoff.Endpoint, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ports := map[uint16]bool{}
	for other, g := range r.groups {
		if !g.getsClients() {
			continue
		}
		ports[other.Port()] = true
		if g.chosen && len(g.of(gen)) == 0 && other.Network == e.Network && other.Addr.Addr() == e.Addr.Addr() && other.V6Only == e.V6Only {
			at, ok = other, true
		}
	}
	return at, ok && len(ports) == 1
}

// Alone reports whether the endpoint's port is the only one of TCP that the generation listens at, debuggers aside, and no
// other generation serves a port which the program chose.
func (r *Registry) Alone(gen handoff.GenID, e handoff.Endpoint) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for other, g := range r.groups {
		if g.getsClients() && other.Port() != e.Port() && (!g.chosen || len(g.listeners(gen)) > 0) {
			return false
		}
	}
	return true
}

// getsClients reports whether the endpoint is one of TCP, and no debugger's, and clients get to a program there, or wait.
func (g *group) getsClients() bool {
	return !g.debugger && !g.endpoint.IsUnix() && !g.endpoint.IsUDP() && (g.declared || len(g.steered) > 0)
}

// LeavePort has no later generation keep the endpoint's number. Where only this generation has a gate, the registry leaves
// the socket to the program.
func (r *Registry) LeavePort(gen handoff.GenID, e handoff.Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	if g == nil || !g.chosen || !r.decides() {
		return
	}
	g.chosen = false
	if g.declared || len(g.members) == 0 || len(g.bound) > 0 || len(g.listeners(gen)) < len(g.members) {
		return
	}
	for _, gate := range slices.Clone(g.members) {
		r.forgetLocked(gate)
		_ = r.kernel.Close(gate.fd)
	}
	delete(r.groups, e)
}
