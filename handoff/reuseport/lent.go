package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrSingle says that hotswap may open no second socket at a lent socket's address:
// the lent one belongs to another user (EADDRINUSE, inet_csk_bind_conflict), or the
// port needs a privilege (EACCES, bind(2); the kernel looks at that first). The
// endpoint is open all the same, but one generation has to end before the next one
// is given the socket.
var ErrSingle = errors.New("no second socket can share the address")

// Adopt takes a listening socket over that somebody else has too: a socket
// activator. From now on it is a declared endpoint, and the clients in its queue
// are the first generation's. fd is the registry's, whatever the error: it is
// closed at once or by Close. The socket itself is never shut down, so it outlives
// the registry.
//
// The socket was bound without SO_REUSEPORT. So it gets into a group only when a
// second one joins it, and the steering program can be attached only then: for
// some microseconds the kernel may send clients to the second one. It is one of
// ours and stays until nobody waits there.
func (r *Registry) Adopt(e handoff.Endpoint, fd int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.kernel.SetReusePort(fd); err != nil {
		return errors.Join(fmt.Errorf("share %s: %w", e, err), r.kernel.Close(fd))
	}
	gate, err := r.addLocked(0, e, fd)
	if err != nil {
		return errors.Join(err, r.kernel.Close(fd))
	}
	g := r.groupLocked(e)
	g.declared, gate.activated = true, true
	g.join(gate)
	g.steered = []*Gate{gate}
	_ = r.kernel.Listen(fd, MinBacklog) // a longer queue; it listens anyway
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
	err = r.steerLocked(g)
	g.halfOpen, _ = r.kernel.HalfOpen(e)
	r.closeOrphansLocked(g)
	return err
}

// HandBack sends the generation's new clients to lent sockets again, where they
// wait for whoever the activator starts next. It reports whether that was possible
// for all endpoints of the generation: not where it accepts from the lent socket
// itself, nor where there is none.
func (r *Registry) HandBack(gen handoff.GenID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.transfer != notTransferred {
		return false
	}
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

func (r *Registry) handBackLocked(g *group) bool {
	i := slices.IndexFunc(slices.Concat(g.members, g.bound), func(gate *Gate) bool { return gate.activated })
	if i < 0 || r.transfer != notTransferred {
		return false
	}
	gate := slices.Concat(g.members, g.bound)[i]
	if gate.served() {
		return false
	}
	r.reconcileLocked(g)
	if !r.listenAgainLocked(g, gate) {
		return false
	}
	g.steered, g.canary = []*Gate{gate}, nil
	if r.steerLocked(g) != nil {
		return false
	}
	g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	return true
}

// listenAgainLocked makes sure that a lent socket listens: a program may have shut
// it down (shutdown(2)), and whoever lent it relies on it.
func (r *Registry) listenAgainLocked(g *group, gate *Gate) bool {
	if gate.listening {
		return true
	}
	if r.kernel.Listen(gate.fd, MinBacklog) != nil {
		return false
	}
	g.join(gate)
	_ = r.steerLocked(g)
	return true
}
