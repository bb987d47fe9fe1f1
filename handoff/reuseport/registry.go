package reuseport

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// MinBacklog is the shortest accept queue of a gate: clients wait there while no generation serves. The
// kernel caps it at net.core.somaxconn.
const MinBacklog = 4096

// Gate is one listening socket of an endpoint. The registry owns a duplicate, and its mutex guards the
// fields.
type Gate struct {
	group  *group        // constant
	owner  handoff.GenID // 0 while the gate is hotswap's alone
	inode  uint64        // constant
	user   uint32        // constant; whose socket it is
	file   uint64        // unix: the socket's file in the endpoint's folder, from the first listen on
	hidden int           // constant; a descriptor of the socket's file, to which no path leads; 0: one does
	fd     int           // the registry's duplicate; only the registry closes it

	listening bool // the gate is in its reuseport group
	orphan    bool // no process of the owner is left
	activated bool // a socket activator has the socket too, so it is never shut down
	passed    bool // the owner was given the socket by number (LISTEN_FDS)
	unlinked  bool // unix: the owner wanted to remove the path since it bound the socket

	at     sockets.Descriptor // where a process of the owner was last seen to have it
	misses int                // looks since then, in which none had it
	// at the second of those at the latest the process was gone, too: somebody may start it again
	died   bool
	probes []sockdiag.Name // connections of hotswap that may still be in the queue
}

// Registry owns every gate of hotswap. Interception sessions add gates, the supervisor steers. Its methods
// may be called from any goroutine.
type Registry struct {
	kernel Kernel

	mu        sync.Mutex // guards the fields below and the order of listen(2) calls
	groups    map[handoff.Endpoint]*group
	gates     map[uint64]*Gate            // by inode
	running   map[handoff.GenID]processes // of the generations that have not ended
	ready     map[handoff.GenID]bool      // clients were steered to it
	ended     handoff.GenID               // the newest of those that have ended
	closed    bool
	frozen    bool          // another registry may change the kernel's groups, and this one may not
	released  bool          // frozen is for good
	decided   *sync.Cond    // constant; frozen has ended, or is for good
	watchWake chan struct{} // constant; wakes WatchClosed
}

// processes returns those of a generation. An error means that some may be missing.
type processes = func() ([]int, error)

// maxGates bounds the gates of a generation. Each is a descriptor of hotswap, also when the program has closed its
// own. UDP may use half of them, because a program may have ranges of ports.
const maxGates = 1000

var (
	// ErrClosed is returned after [Registry.Close].
	ErrClosed = errors.New("the registry is closed")
	// ErrFull is returned for a gate that would be one too many. The program listens there by itself.
	ErrFull = fmt.Errorf("hotswap hands over at most %d addresses of a generation, and UDP only among the first %d",
		maxGates, maxGates/2)
)

// NewRegistry returns an empty registry.
func NewRegistry(k Kernel) *Registry {
	r := &Registry{kernel: k, groups: map[handoff.Endpoint]*group{}, gates: map[uint64]*Gate{},
		running: map[handoff.GenID]processes{}, ready: map[handoff.GenID]bool{}, ended: Parent,
		watchWake: make(chan struct{}, 1)}
	r.decided = sync.NewCond(&r.mu)
	return r
}

// findLocked returns the group of an endpoint; one without gates, which it does not keep: there is none.
func (r *Registry) findLocked(e handoff.Endpoint) *group { return cmp.Or(r.groups[e], &group{}) }

func (r *Registry) groupLocked(e handoff.Endpoint) *group {
	g := r.groups[e]
	if g == nil {
		g = &group{registry: r, endpoint: e, kind: kindOf(e)}
		if r.frozen {
			g.kind = frozenKind{g.kind}
		}
		r.groups[e] = g
	}
	return g
}

// openLocked opens a gate that is bound and does not listen yet.
func (r *Registry) openLocked(gen handoff.GenID, e handoff.Endpoint) (gate *Gate, err error) {
	g, user := r.groupLocked(e), -1
	if all := g.all(); !g.declared && len(all) > 0 {
		user = int(all[0].user) // root's hotswap parks the clients of another user's program
	}
	var fd, hidden int
	if g.queue != nil {
		fd, hidden, err = r.kernel.Hide(e)
	} else {
		fd, err = r.kernel.Open(e, user)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e, err)
	}
	gate, err = r.addLocked(gen, e, fd)
	if err != nil {
		r.close(&Gate{fd: fd, hidden: hidden})
		return nil, err
	}
	gate.hidden = hidden
	return gate, nil
}

// addLocked makes a gate of fd. The registry owns fd unless there is an error.
func (r *Registry) addLocked(gen handoff.GenID, e handoff.Endpoint, fd int) (*Gate, error) {
	if r.closed {
		return nil, ErrClosed
	}
	inode, user, err := r.kernel.Inode(fd)
	if err != nil {
		return nil, fmt.Errorf("inode of %s: %w", e, err)
	}
	limit := maxGates
	if e.IsUDP() {
		limit /= 2
	}
	if gen > 0 && len(r.ofLocked(gen)) >= limit {
		return nil, ErrFull
	}
	g := r.groupLocked(e)
	gate := &Gate{group: g, owner: gen, inode: inode, user: user, fd: fd}
	g.bound = append(g.bound, gate)
	r.gates[inode] = gate
	r.wakeWatchLocked()
	return gate, nil
}

// openListeningLocked opens a gate that listens; mode is for a path, unless it is 0.
func (r *Registry) openListeningLocked(gen handoff.GenID, e handoff.Endpoint, mode uint32) (*Gate, error) {
	gate, err := r.openLocked(gen, e)
	if err != nil {
		return nil, err
	}
	if mode != 0 {
		r.kernel.Chmod(e, gate.inode, mode)
	}
	if err := r.listenLocked(gate, MinBacklog); err != nil {
		r.dropLocked(gate)
		return nil, fmt.Errorf("listen %s: %w", e, err)
	}
	return gate, nil
}

// close closes what the registry has of a gate.
func (r *Registry) close(gate *Gate) {
	r.kernel.Close(gate.fd)
	if gate.hidden != 0 {
		r.kernel.Close(gate.hidden)
	}
}

// listenLocked listens and, if the gate is new to its group, steers.
func (r *Registry) listenLocked(gate *Gate, backlog int) error {
	g := gate.group
	first := !gate.listening && len(g.members) == 0
	if first && g.kind.strangerListens(g) {
		return ErrTaken
	}
	if first && gate.owner != 0 && r.hidesLocked(g, gate.owner) {
		if _, err := r.openListeningLocked(0, g.endpoint, 0); err != nil { // a guard
			return err
		}
	}
	if err := g.kind.listen(gate, backlog); err != nil {
		return err
	}
	if !gate.listening { // else it changes the backlog, as puma and nginx do
		taken := g.kind.strangerListens(g) // another hotswap may have listened at the same moment
		if first && taken {
			_ = r.kernel.Shutdown(gate.fd)
			return ErrTaken
		}
		g.join(gate)
	}
	if g.steersAtOnce(gate) && !slices.Contains(g.steered, gate) {
		g.steered = append(g.steered, gate)
	}
	// Steer even if the steered gates stay the same: the first member of a group needs the program before the
	// second joins.
	err := r.steerLocked(g)
	r.closeOrphansLocked(g) // a new last member may let others leave
	return err
}

// steerLocked sends new clients to the steered gates.
func (r *Registry) steerLocked(g *group) error {
	if len(g.steered) == 0 {
		return nil
	}
	return g.kind.steer(g)
}

// steerToLocked steers to the gates alone, and notes the clients whose handshakes will still end at the other
// gates, which must stay open until then.
func (r *Registry) steerToLocked(g *group, gates []*Gate) error {
	g.steered = gates
	err := r.steerLocked(g)
	g.halfOpen = r.kernel.Handshakes(g.endpoint)
	return err
}

// Declare opens an endpoint before any generation runs: clients wait in its queue from now on. mode is that of a
// path's file; 0: as the umask gives.
func (r *Registry) Declare(e handoff.Endpoint, mode uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groupLocked(e)
	g.declared = true
	gate, err := r.openListeningLocked(0, e, mode)
	if err == nil {
		err = r.keepLocked(g, nil)
		if err != nil {
			r.dropLocked(gate)
		}
	}
	if err != nil {
		delete(r.groups, e)
	}
	return err
}

// AssignDeclared gives the generation a listening gate on every declared endpoint, to be passed by number
// (LISTEN_FDS): a gate that waits for an owner, or a new one. The registry owns the descriptors.
func (r *Registry) AssignDeclared(gen handoff.GenID) (endpoints []handoff.Endpoint, fds []int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.mayChangeLocked(); err != nil {
		return nil, nil, err
	}
	for e, g := range r.groups {
		if !g.declared {
			continue
		}
		gate := g.adoptable()
		if gate == nil {
			gate, err = r.openListeningLocked(gen, e, 0)
			if err != nil {
				return nil, nil, err
			}
		}
		r.claimLocked(gate, gen)
		gate.passed = true
		endpoints, fds = append(endpoints, e), append(fds, gate.fd)
	}
	return endpoints, fds, nil
}

// ofLocked returns the gates that the generation owns, listening or not.
func (r *Registry) ofLocked(gen handoff.GenID) []*Gate {
	return owned(slices.Collect(maps.Values(r.gates)), gen)
}

func (r *Registry) claimLocked(gate *Gate, gen handoff.GenID) {
	gate.owner, gate.orphan = gen, false
	r.wakeWatchLocked()
	gate.markOpen()
}

// Endpoints returns the addresses at which the generation accepts connections, except those of debuggers.
func (r *Registry) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []handoff.Endpoint
	for e, g := range r.groups {
		if !g.debugger && !e.IsUDP() && len(g.listeners(gen)) > 0 {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, handoff.Endpoint.Compare)
	return out
}

// Close closes every gate, which resets the clients in its queue. An activated socket goes on listening.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		g.kind.end(g)
	}
	r.closed = true
	r.decided.Broadcast()
	for _, gate := range r.gates {
		r.close(gate)
	}
	r.gates, r.groups = map[uint64]*Gate{}, map[handoff.Endpoint]*group{}
}
