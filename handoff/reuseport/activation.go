package reuseport

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrSingle says that hotswap may not open a second socket at the address of an activated socket: that socket
// belongs to another user (EADDRINUSE, inet_csk_bind_conflict), or the port needs a privilege (EACCES,
// bind(2)). The endpoint is open, but one generation has to end before the next is given the socket.
var ErrSingle = errors.New("no second socket can share the address")

// Adopt takes over a listening socket that a socket activator has too, as a declared endpoint. The clients in
// its queue are the first generation's. The registry owns fd even if there is an error. The socket is never
// shut down, so it outlives the registry.
//
// A path belongs to its one socket. So each generation gets a socket of its own, to which [Registry.PassOn] passes
// clients on.
//
// The socket was bound without SO_REUSEPORT, so it gets into a group only when a second socket joins. The
// steering program can be attached only then: for some microseconds the kernel may send clients to the second
// socket, which stays until none waits there.
func (r *Registry) Adopt(e handoff.Endpoint, fd int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !e.IsUnix() {
		if err := r.kernel.SetReusePort(fd); err != nil {
			r.kernel.Close(fd)
			return fmt.Errorf("share %s: %w", e, err)
		}
	}
	gate, err := r.addLocked(0, e, fd)
	if err != nil {
		r.kernel.Close(fd)
		return err
	}
	g := gate.group
	g.declared, gate.activated = true, true
	g.join(gate)
	g.steered = []*Gate{gate}
	if e.IsUnix() {
		gate.file, _, _ = r.kernel.File(e, gate.inode) // 0: the path is gone
		g.kind, g.queue = passedKind{}, gate
		return nil
	}
	_ = r.kernel.Listen(fd, MinBacklog) // lengthens the queue
	second, err := r.openLocked(0, e)
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		g.single = true
		return fmt.Errorf("%w: %w", ErrSingle, err)
	}
	if err != nil {
		return err
	}
	second.orphan = true
	if err := r.kernel.Listen(second.fd, MinBacklog); err != nil {
		r.dropLocked(second)
		return fmt.Errorf("listen %s: %w", e, err)
	}
	g.join(second)
	err = r.steerToLocked(g, g.steered)
	r.closeOrphansLocked(g)
	return err
}

// HandBack steers the generation's new clients to activated sockets again, where they wait for the program
// that the activator starts next. It reports whether that was possible for all endpoints of the generation:
// not if the generation accepts from the activated socket itself, nor if there is none.
func (r *Registry) HandBack(gen handoff.GenID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, some := true, false
	for _, g := range r.groups {
		if len(g.listeners(gen)) == 0 {
			continue
		}
		done := r.handBackLocked(g)
		all, some = all && done, some || done
	}
	return all && some
}

// handBackLocked steers to an activated socket, and reports whether that was possible.
func (r *Registry) handBackLocked(g *group) bool {
	r.reconcileLocked(g) // the program may have shut the socket down
	gate := first(g.members, func(m *Gate) bool { return m.activated })
	return !r.frozen && gate != nil && !gate.served() && r.steerToLocked(g, []*Gate{gate}) == nil
}
