package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Parent owns the gates that a registry inherited: generations of the hotswap that this one upgrades accept
// from them.
const Parent handoff.GenID = -1

// FrozenGate is a gate on its way from a hotswap to the child that upgrades it; its descriptor comes along. Both
// processes then have the same gates in their registries. Only the child changes the kernel's groups between
// [Registry.Freeze] and [Registry.Thaw] or the end of the parent, and it takes no inherited gate out of a group before
// that end.
type FrozenGate struct {
	Endpoint  handoff.Endpoint
	Steered   bool // the gate gets new connections
	Declared  bool // the user asked for the endpoint
	Late      bool // no generation had the endpoint when it became ready
	Activated bool // a socket activator has the socket too
	File      uint64
}

// frozenKind is the kind of each group between Freeze and Thaw. Gates that listen stay where they are, and no other
// begins to.
type frozenKind struct{ kind }

func (k frozenKind) listen(gate *Gate, backlog int) error {
	if !gate.listening {
		return errFrozen
	}
	return k.kind.listen(gate, backlog)
}

func (frozenKind) strangerListens(*group) bool { return false } // the child's gates are no strangers
func (frozenKind) steer(*group) error          { return nil }
func (frozenKind) canLeave(*Gate) bool         { return false }
func (frozenKind) end(*group)                  {}

// stopped leaves a socket of UDP, which may have been connected, until Thaw.
func (k frozenKind) stopped(gate *Gate) bool {
	return !gate.group.endpoint.IsUDP() && k.kind.stopped(gate)
}

func (k frozenKind) drop(gate *Gate) {
	if !gate.listening { // the child does not have it
		k.kind.drop(gate)
	}
}

// errFrozen is the answer to a bind of the parent's program. Without SO_REUSEPORT the kernel would answer the same.
var errFrozen = fmt.Errorf("another hotswap has taken over the address: %w", syscall.EADDRINUSE)

// errOthers says that the child would not know the order of the gates.
var errOthers = errors.New(
	"other sockets are in the group of the address: another program's, or one that the program has connected; upgrade when they are closed")

// Freeze returns the gates as a []FrozenGate, and the descriptor of each. Those of an endpoint come in the kernel's
// order, which the child must keep because steering names gates by their position.
//
// From now on the registry does not change the kernel's groups, and binds wait for Thaw or Release.
func (r *Registry) Freeze() (gates any, fds []int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, nil, ErrClosed
	case r.frozen:
		return nil, nil, errFrozen
	}
	var out []FrozenGate
	for e, g := range r.groups {
		r.reconcileLocked(g)
		g.kind.strangerListens(g)
		if len(g.members) > 0 && len(g.array) > len(g.members) {
			return nil, nil, fmt.Errorf("%s: %w", e.Short(), errOthers)
		}
		for _, gate := range g.members {
			out = append(out, FrozenGate{
				Endpoint: e, Declared: g.declared, Late: g.late, Activated: gate.activated, File: gate.file,
				Steered: slices.Contains(g.steered, gate),
			})
			fds = append(fds, gate.fd)
		}
	}
	r.frozen = true
	for _, g := range r.groups {
		// probes that are under way have not held; further ones try again later
		g.kind, g.pin = frozenKind{g.kind}, &portPin{}
	}
	return out, fds, nil
}

// Inherit takes over the gates that the parent has frozen and their descriptors, which the registry owns even if it
// fails. The gates belong to [Parent] until GenerationEnded(Parent): a new generation joins behind them and Cutover
// steers away from them.
func (r *Registry) Inherit(left func(gates any) (fds []int)) error {
	var gates []FrozenGate
	fds := left(&gates)
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for i, t := range gates {
		gate, err := r.addLocked(Parent, t.Endpoint, fds[i])
		if err != nil {
			r.kernel.Close(fds[i])
			errs = append(errs, err)
			continue
		}
		g := gate.group
		g.declared, g.late = g.declared || t.Declared, t.Late
		gate.activated, gate.file = t.Activated, t.File
		g.join(gate)
		if t.Activated && t.Endpoint.IsUnix() {
			g.kind, g.queue = passedKind{}, gate
		}
		if t.Steered {
			g.steered = append(g.steered, gate)
			if g.queue == nil {
				g.published = gate
			}
		}
	}
	return errors.Join(errs...)
}

// Declared reports whether the endpoint stays open even if no generation serves it.
func (r *Registry) Declared(e handoff.Endpoint) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.findLocked(e).declared
}

// Thaw lets the registry change the kernel's groups again, after the child has failed and all its processes have ended.
//
// The order of the gates is then as it was. The child's gates stood behind the parent's, so it was one of
// them that moved into each hole. (If a program shut down two of its own listening sockets meanwhile, the
// order is unknown; that case is left open.)
func (r *Registry) Thaw() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.frozen || r.released {
		return nil
	}
	r.frozen = false
	r.decided.Broadcast()
	var errs []error
	for _, g := range r.groups {
		g.kind, g.pin = g.kind.(frozenKind).kind, nil
		r.reconcileLocked(g)
		errs = append(errs, r.steerLocked(g)) // the child may have cut over
	}
	return errors.Join(errs...)
}

// Release says that the child serves. The registry only counts the clients that still wait at its gates, until Close
// closes its descriptors.
func (r *Registry) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen, r.released = true, true
	r.decided.Broadcast()
	for _, g := range r.groups {
		g.steered = nil // the child's gates are steered to, and the child passes the other clients on
		// A handshake that began before the child's cutover ends at a gate of the parent.
		g.halfOpen = r.kernel.Handshakes(g.endpoint)
	}
}

// isGatesLocked reports whether a gate of the group may have the file at the path, as the child's may.
func (r *Registry) isGatesLocked(g *group, file uint64) bool { return r.frozen || g.files()[file] }

// mayChangeLocked blocks until the registry is thawed or released. It returns an error if the registry may not change
// the kernel's groups any more.
func (r *Registry) mayChangeLocked() error {
	for r.frozen && !r.released && !r.closed {
		r.decided.Wait()
	}
	switch {
	case r.closed:
		return ErrClosed
	case r.released:
		return errFrozen
	}
	return nil
}
