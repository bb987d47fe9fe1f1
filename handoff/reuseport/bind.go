package reuseport

import (
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// BindAction is what is to happen to a bind(2) of the program.
type BindAction uint8

const (
	// Leave lets the kernel decide: the socket is not ours to hold, or the
	// address is taken and the program should hear so.
	PassThrough BindAction = iota
	// Share lets the program bind its own socket, made shareable.
	Share
	// Inject puts a gate of ours at the program's descriptor instead.
	Inject
)

func (a BindAction) String() string { return [...]string{"leave", "share", "inject"}[a] }

// BindRequest is one bind(2) of a fixed TCP port.
type BindRequest struct {
	Gen       handoff.GenID
	Endpoint  handoff.Endpoint
	Inode     uint64 // the socket that is bound; 0 if it cannot be known
	ReusePort bool   // the program set SO_REUSEPORT by itself
	// Inspectable says that the program's socket can be duplicated and so
	// made shareable. Without it every bind is injected.
	Inspectable bool
	// Refused says that the kernel will not let the caller bind the port, which
	// is below those for everybody (ip(7)).
	Refused bool
	// The two questions below are asked under the registry's lock: the answers
	// must not call it, and must not take long. Held says whether a process of
	// the generation still has the socket; asked only where [Registry.Has].
	StillOpen func(inode uint64) bool
	// Foreign says whether somebody listens there whose socket is not ours;
	// asked only where sharing is possible.
	Foreign func(ours func(inode uint64) bool) bool
}

// BindPlan is the answer. Fd is the registry's, to be installed, not closed.
type BindPlan struct {
	Action BindAction
	Fd     int  // for Inject
	Done   bool // the program's descriptor is that gate already
}

// Bind decides a bind(2) and, for Inject, claims or opens the gate. It is
// idempotent: an interrupted call may be notified twice.
func (r *Registry) Bind(req BindRequest) (BindPlan, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.waitForTransferLocked(); err != nil {
		return BindPlan{}, err
	}
	g := r.groupLocked(req.Endpoint)
	if gate := r.gates[req.Inode]; gate != nil && gate.owner == req.Gen && gate.endpoint == req.Endpoint {
		return BindPlan{Action: Inject, Fd: gate.fd, Done: true}, nil
	}
	// A gate would give the caller what it may not have. What the user declared
	// is meant for the program: it is passed to it by number anyway.
	if req.Refused && !g.declared {
		return BindPlan{Action: PassThrough}, nil
	}
	// A server that closed and listens again in its process gets its gate back:
	// clients may wait there. One that was passed by number it has open all
	// along, so that says nothing: it is given whenever it is asked for.
	mine := g.of(req.Gen)
	for _, gate := range mine {
		if gate.passed || !req.StillOpen(gate.inode) {
			gate.markHanded()
			return BindPlan{Action: Inject, Fd: gate.fd}, nil
		}
	}
	if len(mine) > 0 && !req.ReusePort {
		return BindPlan{Action: PassThrough}, nil // the program hears what it would hear without us
	}
	if gate := r.adoptableLocked(g); gate != nil {
		r.claimLocked(gate, req.Gen)
		return BindPlan{Action: Inject, Fd: gate.fd}, nil
	}
	if req.Foreign(func(inode uint64) bool { return r.gates[inode] != nil }) {
		return BindPlan{Action: PassThrough}, nil
	}
	if req.Inspectable && !g.declared {
		return BindPlan{Action: Share}, nil
	}
	// A declared endpoint's group was begun by hotswap's own user, and all
	// members need the same: so its sockets are ours, each time.
	gate, err := r.openLocked(req.Gen, req.Endpoint)
	if err != nil {
		return BindPlan{}, err
	}
	gate.markHanded()
	return BindPlan{Action: Inject, Fd: gate.fd}, nil
}

// Has says whether the generation has a gate at the endpoint of which
// BindRequest.Held may be asked.
func (r *Registry) HasGate(gen handoff.GenID, e handoff.Endpoint) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	return g != nil && slices.ContainsFunc(g.of(gen), func(gate *Gate) bool { return !gate.passed })
}

// ListenRequest is one listen(2) of the program.
type ListenRequest struct {
	Gen     handoff.GenID
	Backlog int
	Inode   uint64
	// Debugger says whether an endpoint is a debugger's. It is asked under the
	// registry's lock and must not call it. Nil: none is.
	Debugger func(handoff.Endpoint) bool
	// Endpoint and Dup are given for a socket that was shared at its bind and
	// is no gate yet. The registry takes Dup over when it returns no error.
	Endpoint handoff.Endpoint
	Dup      int
}

// Listen listens on the program's behalf, on the gate with that inode or on
// Dup, which becomes a gate. added is false for a gate that listened before.
func (r *Registry) Listen(req ListenRequest) (e handoff.Endpoint, added bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.listensLocked(r.gates[req.Inode]) {
		if err := r.waitForTransferLocked(); err != nil {
			return req.Endpoint, false, err
		}
	}
	gate := r.gates[req.Inode]
	if gate != nil {
		gate.markOpen()
		if gate.listening {
			if !r.listensLocked(gate) {
				// The program shut it down and takes it up again: it is at
				// the end of the group now.
				r.reconcileLocked(r.groupLocked(gate.endpoint))
			}
		}
		// A gate that waited for its owner (declared, adopted) may listen
		// since long; to the program, and so to readiness, this is new.
		r.markLocked(gate.endpoint, req)
		return gate.endpoint, true, r.listenLocked(gate, req.Backlog)
	}
	gate, err = r.addLocked(req.Gen, req.Endpoint, req.Dup)
	if err != nil {
		return req.Endpoint, false, err
	}
	r.markLocked(req.Endpoint, req)
	if err := r.listenLocked(gate, req.Backlog); err != nil {
		r.forgetLocked(gate)
		return req.Endpoint, false, fmt.Errorf("listen %s: %w", req.Endpoint, err)
	}
	return req.Endpoint, true, nil
}

// markLocked notes whose endpoint it is; who listens last knows.
func (r *Registry) markLocked(e handoff.Endpoint, req ListenRequest) {
	r.groupLocked(e).debugger = req.Debugger != nil && req.Debugger(e)
}

// listensLocked says whether the gate is in its group, as far as the kernel
// tells.
func (r *Registry) listensLocked(gate *Gate) bool {
	if gate == nil || !gate.listening {
		return false
	}
	_, listening, err := r.kernel.Queue(gate.fd)
	return err != nil || listening
}

// Known says whether the socket is a gate.
func (r *Registry) IsGate(inode uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gates[inode] != nil
}
