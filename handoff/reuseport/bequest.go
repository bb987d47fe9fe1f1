package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Elder owns the gates that a registry inherited: generations of the hotswap
// which this one renews accept from them.
const Parent handoff.GenID = -1

// Bequest is a gate on its way from a hotswap to the one that renews it. Two
// processes then have the same gates in their registries, and one rule keeps
// both right: between [Registry.Bequeath] and [Registry.Recall] or
// [Registry.Surrender] only the younger one alters the kernel's groups, and it
// takes nothing that it inherited out of them before the elder has ended.
type GateTransfer struct {
	Endpoint  handoff.Endpoint
	Steered   bool // it gets new connections
	Declared  bool // its endpoint is one that the user asked for
	Activated bool // a socket activator has it too
	FD        int
}

// mandate says whether a registry may alter the kernel's groups.
type transferState uint8

const (
	notTransferred  transferState = iota
	transferPending               // the younger hotswap has it, perhaps not for good
	transferred                   // for good
)

// errSurrendered is what a bind of an elder's program hears. Without SO_REUSEPORT
// the kernel would say the same.
var errTransferred = fmt.Errorf("a younger hotswap has the address: %w", syscall.EADDRINUSE)

// Bequeath gives the gates away, those of each endpoint in the kernel's order,
// which the heir must keep: only the position in it steers. The descriptors
// stay the registry's; they are valid until Recall or Close.
//
// From now on the registry alters nothing that the kernel has: it neither
// listens, steers, retires nor abandons, and binds wait for what comes of it.
// A canary gets nobody meanwhile: the younger one knows of one generation that
// serves. Recall gives it its share again.
func (r *Registry) BeginTransfer() ([]GateTransfer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrClosed
	case r.transfer != notTransferred:
		return nil, errTransferred
	}
	var out []GateTransfer
	for e, g := range r.groups {
		r.reconcileLocked(g)
		to := g.route()
		if len(to.Trial) > 0 {
			to.Trial = nil
			// Where this fails, the younger one's first gate steers anew.
			_ = r.kernel.Steer(g.members[to.Indexes[0]].fd, to)
		}
		for i, gate := range g.members {
			out = append(out, GateTransfer{
				Endpoint: e, Declared: g.declared, Activated: gate.activated, FD: gate.fd, Steered: slices.Contains(to.Indexes, i),
			})
		}
	}
	r.transfer = transferPending
	return out, nil
}

// Inherit takes the gates of the elder hotswap over, with their descriptors,
// which are the registry's even if it fails. They belong to [Elder] until
// Release says that it has ended: a new generation joins behind them and
// Cutover steers away from them.
func (r *Registry) Inherit(bequests []GateTransfer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, b := range bequests {
		gate, err := r.addLocked(Parent, b.Endpoint, b.FD)
		if err != nil {
			errs = append(errs, err, r.kernel.Close(b.FD))
			continue
		}
		g := r.groupLocked(b.Endpoint)
		g.declared = g.declared || b.Declared
		gate.activated = b.Activated
		g.join(gate)
		if b.Steered {
			g.steered = append(g.steered, gate)
		}
	}
	return errors.Join(errs...)
}

// Declared says whether the endpoint is held open whoever serves it.
func (r *Registry) Declared(e handoff.Endpoint) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.groups[e] != nil && r.groups[e].declared
}

// Recall takes the mandate back when the younger hotswap has failed. No process
// of it may be left: then its gates are gone, and the order is ours again.
//
// Why does the order not have to be told? Its gates stood behind ours, so as
// long as one was there, the last member, which moves into a hole, was one of
// them: ours kept their places. (If a program shut two of its own listening
// sockets down meanwhile, their places were filled in an order that nobody
// knows: that is left open.)
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
		r.endCanaryLocked(g)
		errs = append(errs, r.steerLocked(g)) // it may have cut over already
		r.closeOrphansLocked(g)
	}
	return errors.Join(errs...)
}

// Surrender ends the mandate for good: the younger hotswap serves. What is left
// is to count who still waits at our gates, until Close gives the descriptors
// up; the younger hotswap has its own.
func (r *Registry) CommitTransfer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.transfer = transferred
	r.transferEnd.Broadcast()
	for _, g := range r.groups {
		// Whoever began a handshake before its cutover ends up at our gates.
		g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	}
}

// Surrendered says whether a younger hotswap has all new connections.
func (r *Registry) Transferred() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.transfer == transferred
}

// waitLocked returns when the registry may alter the kernel's groups, or says
// that it never will again.
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
