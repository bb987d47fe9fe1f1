package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
)

// MinBacklog is the shortest queue that a gate is given: the queue is where
// clients wait while nobody serves. The kernel caps it at net.core.somaxconn.
const MinBacklog = 4096

// Registry owns every gate. It is the one shared, locked object of hotswap:
// interception sessions add gates to it from their goroutines, the supervisor
// steers and releases. All methods may be called from any goroutine.
type Registry struct {
	kernel Kernel

	mu          sync.Mutex // guards what follows and the order of listen(2) calls
	groups      map[handoff.Endpoint]*group
	gates       map[uint64]*Gate             // by inode
	running     map[handoff.GenID]*processes // of generations that run
	closed      bool
	transfer    transferState
	watchWake   chan struct{} // constant; a generation may have several listeners at an endpoint, see Watch
	transferEnd *sync.Cond    // the mandate is ours again, or gone for good
}

// ErrClosed is returned after [Registry.Close].
var ErrClosed = errors.New("the registry is closed")

// NewRegistry makes an empty registry over the given kernel.
func NewRegistry(k Kernel) *Registry {
	r := &Registry{kernel: k, groups: map[handoff.Endpoint]*group{}, gates: map[uint64]*Gate{}, running: map[handoff.GenID]*processes{}, watchWake: make(chan struct{}, 1)}
	r.transferEnd = sync.NewCond(&r.mu)
	return r
}

func (r *Registry) groupLocked(e handoff.Endpoint) *group {
	g := r.groups[e]
	if g == nil {
		g = &group{endpoint: e}
		r.groups[e] = g
	}
	return g
}

// openLocked makes a gate of our own, bound but not listening.
func (r *Registry) openLocked(gen handoff.GenID, e handoff.Endpoint) (*Gate, error) {
	if r.closed {
		return nil, ErrClosed
	}
	fd, err := r.kernel.Open(e)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e, err)
	}
	gate, err := r.addLocked(gen, e, fd)
	if err != nil {
		return nil, errors.Join(err, r.kernel.Close(fd))
	}
	return gate, nil
}

// addLocked makes fd, which the registry then owns, a gate.
func (r *Registry) addLocked(gen handoff.GenID, e handoff.Endpoint, fd int) (*Gate, error) {
	if r.closed {
		return nil, ErrClosed
	}
	inode, err := r.kernel.Inode(fd)
	if err != nil {
		return nil, fmt.Errorf("inode of %s: %w", e, err)
	}
	gate := &Gate{endpoint: e, owner: gen, inode: inode, fd: fd}
	g := r.groupLocked(e)
	g.bound = append(g.bound, gate)
	r.gates[inode] = gate
	return gate, nil
}

// listenLocked listens and, where the gate is new to the group, steers.
func (r *Registry) listenLocked(gate *Gate, backlog int) error {
	if !gate.listening && r.transfer != notTransferred {
		return errTransferred
	}
	if err := r.kernel.Listen(gate.fd, max(backlog, MinBacklog)); err != nil {
		return err
	}
	g := r.groupLocked(gate.endpoint)
	switch {
	case !gate.listening:
		g.join(gate)
		if len(g.listeners(gate.owner)) > 1 {
			r.wakeWatchLocked()
		}
	case slices.Contains(g.steered, gate) || !g.steersAtOnce(gate):
		return nil // puma, nginx: the same gate, another backlog
	}
	if g.steersAtOnce(gate) {
		g.steered = append(g.steered, gate)
	}
	// Even where the steered ones stay the same: the first member of a group
	// needs the program before the second one comes.
	err := r.steerLocked(g)
	r.closeOrphansLocked(g) // with a new last member, others may leave
	return err
}

func (r *Registry) steerLocked(g *group) error {
	to := g.route()
	if len(to.Indexes) == 0 || r.transfer != notTransferred || g.single {
		return nil
	}
	if err := r.kernel.Steer(g.members[to.Indexes[0]].fd, to); err != nil {
		return fmt.Errorf("steer %s: %w", g.endpoint, err)
	}
	return nil
}

// Declare opens an endpoint before any generation runs: from now on clients
// wait in its queue instead of being refused.
func (r *Registry) Declare(e handoff.Endpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.groupLocked(e).declared = true
	gate, err := r.openLocked(0, e)
	if err != nil {
		delete(r.groups, e)
		return err
	}
	if err := r.listenLocked(gate, MinBacklog); err != nil {
		r.dropLocked(gate)
		delete(r.groups, e)
		return fmt.Errorf("listen %s: %w", e, err)
	}
	return nil
}

// Allot gives the generation a listening gate on every declared endpoint, to
// be passed down by number (LISTEN_FDS): one that waits for an owner, else a
// new one. The descriptors stay the registry's: duplicate, never close them.
func (r *Registry) AssignDeclared(gen handoff.GenID) (endpoints []handoff.Endpoint, fds []int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.waitForTransferLocked(); err != nil {
		return nil, nil, err
	}
	for e, g := range r.groups {
		if g.declared {
			endpoints = append(endpoints, e)
		}
	}
	slices.SortFunc(endpoints, func(a, b handoff.Endpoint) int { return a.Addr.Compare(b.Addr) })
	for _, e := range endpoints {
		gate := r.adoptableLocked(r.groups[e])
		if gate == nil {
			if gate, err = r.openLocked(gen, e); err != nil {
				return nil, nil, err
			}
			if err = r.listenLocked(gate, MinBacklog); err != nil {
				r.dropLocked(gate)
				return nil, nil, fmt.Errorf("listen %s: %w", e, err)
			}
		}
		r.claimLocked(gate, gen)
		gate.passed = true
		fds = append(fds, gate.fd)
	}
	return endpoints, fds, nil
}

// adoptableLocked is the gate that the next bind of the endpoint must have: the
// one that clients are sent to although its generation is gone, or, where they
// are sent to none, one in whose queue they wait. Nil: there is none, and the
// program's own socket is better.
func (r *Registry) adoptableLocked(g *group) *Gate {
	var waits *Gate
	for _, gate := range g.members {
		if !gate.orphan && gate.owner != 0 {
			continue
		}
		if slices.Contains(g.steered, gate) {
			return gate
		}
		if len(g.steered) > 0 {
			continue // who waits there is passed on to who serves
		}
		if r.clientsLocked(gate) > 0 {
			waits = gate
		}
	}
	return waits
}

func (r *Registry) claimLocked(gate *Gate, gen handoff.GenID) {
	gate.owner, gate.orphan = gen, false
	gate.markHanded()
}

// Endpoints are the addresses on which the generation listens, without
// debuggers'.
func (r *Registry) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []handoff.Endpoint
	for e, g := range r.groups {
		if !g.debugger && len(g.listeners(gen)) > 0 {
			out = append(out, e)
		}
	}
	sortEndpoints(out)
	return out
}

// Close gives every gate up. Clients that wait in a queue are reset, but for those
// of a lent socket, which goes on listening.
func (r *Registry) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		r.handBackLocked(g)
	}
	r.closed = true
	r.transferEnd.Broadcast()
	var errs []error
	for _, gate := range r.gates {
		errs = append(errs, r.kernel.Close(gate.fd))
	}
	r.gates, r.groups = map[uint64]*Gate{}, map[handoff.Endpoint]*group{}
	return errors.Join(errs...)
}

func sortEndpoints(es []handoff.Endpoint) {
	slices.SortFunc(es, func(a, b handoff.Endpoint) int {
		if c := int(a.Port()) - int(b.Port()); c != 0 {
			return c
		}
		return a.Addr.Compare(b.Addr)
	})
}
