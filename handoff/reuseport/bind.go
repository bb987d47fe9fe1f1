package reuseport

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// BindAction says what happens to a bind(2) of the program.
type BindAction string

const (
	// PassThrough lets the kernel decide: hotswap does not handle the socket, or the address is in use and
	// the program should get the kernel's error.
	PassThrough BindAction = ""
	// Share lets the program bind its own socket, to which SO_REUSEPORT was added.
	Share BindAction = "share"
	// Inject puts a gate of hotswap at the program's descriptor number instead.
	Inject BindAction = "inject"
)

// ErrUser says that the kernel lets only sockets of one user share an address.
var ErrUser = fmt.Errorf("they belong to two users: %w", syscall.EADDRINUSE)

// BindRequest is one bind(2) of a fixed port.
type BindRequest struct {
	Gen       handoff.GenID
	Endpoint  handoff.Endpoint
	Inode     uint64 // the socket that is bound; 0 if unknown
	User      uint32 // whose socket it is, if Inspectable
	File      uint64 // unix: the file at the path; 0 if there is none
	ReusePort bool   // the program set SO_REUSEPORT itself
	// Inspectable says that the program's socket can be duplicated and so shared. Other sockets are replaced.
	Inspectable bool
	// Refused says that the kernel will not let the caller bind the port (ip(7)).
	Refused bool
	// Open has the sockets that processes of the generation have, if it has a gate there.
	Open sockets.Open
	// Excluded says that the generation has an address that excludes the endpoint.
	Excluded bool
}

// BindPlan is the answer to a bind(2). The zero value is PassThrough.
type BindPlan struct {
	Action BindAction
	Fd     int  // for Inject: the registry's, to be installed and not closed
	Done   bool // the program's descriptor is that gate already
	Taken  bool // for PassThrough: a stranger listens there
}

// Bind decides about a bind(2) and, for Inject, claims or opens the gate. An interrupted call may be notified
// twice, so Bind is idempotent.
func (r *Registry) Bind(req BindRequest) (BindPlan, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.mayChangeLocked(); err != nil {
		return BindPlan{}, err
	}
	g := r.groupLocked(req.Endpoint)
	if req.Endpoint.IsUDP() {
		r.reconcileLocked(g) // a socket that was connected is not handed over
	}
	if gate := r.gates[req.Inode]; gate != nil && gate.owner == req.Gen && gate.group == g {
		return BindPlan{Action: Inject, Fd: gate.fd, Done: true}, nil
	}
	if req.Endpoint.IsUnix() && !g.files()[req.File] {
		return BindPlan{}, nil // the path is free, or a stranger's
	}
	// A gate would give the caller what the kernel denies. A declared endpoint is meant for the program,
	// which may get the gate by number anyway.
	if req.Refused && !g.declared {
		return BindPlan{}, nil
	}
	// A server that closed its listener and listens again gets its gate back, where clients may wait. A gate
	// that was passed by number is always open, so Open says nothing.
	mine := g.of(req.Gen)
	for _, gate := range mine {
		if gate.passed || !req.Open.Has(gate.inode) {
			gate.markOpen()
			return BindPlan{Action: Inject, Fd: gate.fd}, nil
		}
	}
	if len(mine) > 0 && !req.ReusePort && !slices.ContainsFunc(mine, func(gate *Gate) bool { return gate.unlinked }) {
		return BindPlan{}, nil // the kernel refuses, as without hotswap
	}
	if gate := g.adoptable(); gate != nil && !r.hidesLocked(g, req.Gen) {
		r.claimLocked(gate, req.Gen)
		return BindPlan{Action: Inject, Fd: gate.fd}, nil
	}
	if req.Endpoint.IsUnix() { // the caller binds it beside the path
		return BindPlan{Action: Share}, r.keepLocked(g, nil)
	}
	if !req.ReusePort && req.Excluded {
		return BindPlan{}, nil // the kernel refuses
	}
	if len(g.members) == 0 && g.kind.strangerListens(g) {
		return BindPlan{Taken: true}, nil
	}
	if req.Inspectable && !g.declared {
		if len(g.members) > 0 && g.members[0].user != req.User {
			return BindPlan{}, ErrUser
		}
		return BindPlan{Action: Share}, nil
	}
	// All members of a group need the same user, and hotswap's user began the group of a declared endpoint:
	// so its gates are always hotswap's sockets.
	gate, err := r.openLocked(req.Gen, req.Endpoint)
	if err != nil {
		return BindPlan{}, err
	}
	return BindPlan{Action: Inject, Fd: gate.fd}, nil
}

// ListenRequest is one listen(2) of the program, or one bind(2) of a socket of UDP that is shared.
type ListenRequest struct {
	Gen     handoff.GenID
	Backlog int
	Inode   uint64
	// Debugger says that the endpoint is a debugger's. The last listen decides.
	Debugger bool
	// Endpoint and Dup describe a socket that was shared at its bind and is no gate yet. The registry owns
	// Dup unless Listen returns an error.
	Endpoint handoff.Endpoint
	Dup      int
}

// Listen listens on the program's behalf, on the gate with that inode or on Dup, which becomes a gate.
func (r *Registry) Listen(req ListenRequest) (e handoff.Endpoint, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.listensLocked(r.gates[req.Inode]) {
		if err := r.mayChangeLocked(); err != nil {
			return req.Endpoint, err
		}
	}
	gate := r.gates[req.Inode]
	if gate != nil {
		gate.markOpen()
		if gate.listening && !r.listensLocked(gate) {
			// The program shut the socket down and listens again: it joins at the end.
			r.reconcileLocked(gate.group)
		}
		gate.group.debugger = req.Debugger
		return gate.group.endpoint, r.listenLocked(gate, req.Backlog)
	}
	gate, err = r.addLocked(req.Gen, req.Endpoint, req.Dup)
	if err != nil {
		return req.Endpoint, err
	}
	g := gate.group
	g.late = r.ready[req.Gen] && (g.late || len(g.members) == 0)
	g.debugger = req.Debugger
	if err := r.listenLocked(gate, req.Backlog); err != nil {
		r.forgetLocked(gate)
		return req.Endpoint, fmt.Errorf("listen %s: %w", req.Endpoint, err)
	}
	return req.Endpoint, nil
}

// listensLocked reports whether the gate is in its group, as the kernel tells.
func (r *Registry) listensLocked(gate *Gate) bool {
	if gate == nil || !gate.listening {
		return false
	}
	_, listening := r.kernel.Queue(gate.fd)
	return listening
}

// IsGate reports whether the socket is a gate.
func (r *Registry) IsGate(inode uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gates[inode] != nil
}
