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

// GateTransfer is a gate on its way from a hotswap to the child that upgrades it. Both processes then have
// the same gates in their registries. Only the child changes the kernel's groups between
// [Registry.BeginTransfer] and [Registry.AbortTransfer] or [Registry.CommitTransfer], and it takes no
// inherited gate out of a group before the parent has ended.
type GateTransfer struct {
	Endpoint  handoff.Endpoint
	Steered   bool // the gate gets new connections
	Declared  bool // the user asked for the endpoint
	Activated bool // a socket activator has the socket too
	Unserved  bool // no program of the parent accepts from it
	File      uint64
	Mode      uint32 // see [Gate]
	FD        int
}

// transferState says whether a registry may change the kernel's groups.
type transferState uint8

const (
	notTransferred  transferState = iota
	transferPending               // the child may; the transfer can still be aborted
	transferred                   // the child may, for good
)

// errTransferred is the answer to a bind of the parent's program. Without SO_REUSEPORT the kernel would
// answer the same.
var errTransferred = fmt.Errorf("another hotswap has taken over the address: %w", syscall.EADDRINUSE)

// errConnected is about a socket of UDP that still has its place in the group, see reconcileLocked.
var errConnected = errors.New("the program has connected a socket there, which cannot be handed over: upgrade when it is closed")

// BeginTransfer returns the gates, those of each endpoint in the kernel's order, which the child must keep
// because steering names gates by their position. The registry owns the descriptors; they are valid until
// AbortTransfer or Close.
//
// From now on the registry does not change the kernel's groups, and binds wait for the end of the transfer.
func (r *Registry) BeginTransfer() ([]GateTransfer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrClosed
	case r.transfer != notTransferred:
		return nil, errTransferred
	}
	for e, g := range r.groups {
		r.reconcileLocked(g)
		taken := g.kind.strangerListens(r, g)
		if len(g.members) == 0 || len(g.array) == len(g.members) {
			continue
		}
		err := ErrTaken // the child does not know their order
		if !taken {
			err = errConnected
		}
		return nil, fmt.Errorf("%s: %w", e.Short(), err)
	}
	var out []GateTransfer
	for e, g := range r.groups {
		for _, gate := range g.members {
			out = append(out, GateTransfer{
				Endpoint: e, Declared: g.declared, Activated: gate.activated, Unserved: !gate.served(), FD: gate.fd, File: gate.file, Mode: gate.mode,
				Steered: slices.Contains(g.steered, gate),
			})
		}
	}
	r.transfer = transferPending
	return out, nil
}

// Inherit takes over the gates of the parent and their descriptors, which the registry owns even if it fails.
// The gates belong to [Parent] until GenerationEnded(Parent): a new generation joins behind them and Cutover
// steers away from them.
func (r *Registry) Inherit(gates []GateTransfer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, t := range gates {
		gate, err := r.addLocked(Parent, t.Endpoint, t.FD)
		if err != nil {
			errs = append(errs, err, r.kernel.Close(t.FD))
			continue
		}
		g := r.groupLocked(t.Endpoint)
		g.declared = g.declared || t.Declared
		gate.activated = t.Activated
		// An activated gate never leaves its group, so it may be an orphan before the parent has ended: clients
		// can be handed back to it at once.
		gate.orphan = t.Activated && t.Unserved
		g.join(gate)
		gate.file, gate.mode = t.File, t.Mode
		if t.Steered {
			g.steered, g.published = append(g.steered, gate), gate
		}
	}
	return errors.Join(errs...)
}

// Declared reports whether the endpoint stays open even if no generation serves it.
func (r *Registry) Declared(e handoff.Endpoint) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.groups[e] != nil && r.groups[e].declared
}

// AbortTransfer lets the registry change the kernel's groups again, after the child has failed and all its
// processes have ended.
//
// The order of the gates is then as it was. The child's gates stood behind the parent's, so it was one of
// them that moved into each hole. (If a program shut down two of its own listening sockets meanwhile, the
// order is unknown; that case is left open.)
func (r *Registry) AbortTransfer() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.transfer != transferPending {
		return nil
	}
	r.transfer = notTransferred
	r.transferEnd.Broadcast()
	var errs []error
	for _, g := range r.groups {
		r.reconcileLocked(g)
		errs = append(errs, r.steerLocked(g)) // the child may have cut over
		r.closeOrphansLocked(g)
	}
	return errors.Join(errs...)
}

// CommitTransfer says that the child serves. The registry only counts the clients that still wait at its
// gates, until Close closes its descriptors.
func (r *Registry) CommitTransfer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.transfer = transferred
	r.transferEnd.Broadcast()
	for _, g := range r.groups {
		// A handshake that began before the child's cutover ends at a gate of the parent.
		g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	}
}

// Transferred reports whether the child has all new connections.
func (r *Registry) Transferred() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.transfer == transferred
}

// waitForTransferLocked blocks while a transfer is pending. It returns an error if the registry may not
// change the kernel's groups any more.
func (r *Registry) waitForTransferLocked() error {
	for r.transfer == transferPending && !r.closed {
		r.transferEnd.Wait()
	}
	switch {
	case r.closed:
		return ErrClosed
	case r.transfer == transferred:
		return errTransferred
	}
	return nil
}
