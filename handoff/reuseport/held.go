package reuseport

import (
	"errors"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrListenerClosed says that the program has closed the listener that was asked
// about, and lives on.
var ErrListenerClosed = errors.New("the program has closed its listener")

const (
	// lookEvery is the pause between two looks at the descriptors of a
	// generation's processes: a process may have thousands.
	lookEvery = 500 * time.Millisecond
	// unheldFor is how long no process has a gate open before that counts. A
	// socket on its way from one process to another (SCM_RIGHTS, unix(7)) is
	// nobody's descriptor.
	unheldFor = time.Second
)

// tree are the processes of a generation, and when their descriptors were last
// looked at.
type processes struct {
	pids   func() ([]int, error)
	looked time.Time
}

// Attend tells the registry whose descriptors the generation's gates are, until
// Release. pids lists the processes of the generation; an error means that some
// may be missing.
//
// A program that closes a listener leaves its gate open, because hotswap has a
// duplicate, and the kernel tells nobody. So the registry looks: while a probe
// waits, while clients wait in a drain, when descriptors run short, and now and then
// where a generation has several listeners at one endpoint ([Registry.Watch]).
func (r *Registry) SetProcesses(gen handoff.GenID, pids func() ([]int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[gen] = &processes{pids: pids}
	r.wakeWatchLocked()
}

// hand notes that a bind is answered with the gate.
func (gate *Gate) markHanded() {
	gate.handedAt = time.Now()
	gate.markOpen()
}

// found notes that a process of the owner has the gate.
func (gate *Gate) markOpen() { gate.closedSince, gate.misses = time.Time{}, 0 }

// closed reports whether the program has closed the gate and lives on. One look
// may be wrong: it may miss a process whose parent ends meanwhile.
func (gate *Gate) closed() bool {
	return gate.served() && gate.misses >= 2 && time.Since(gate.closedSince) >= unheldFor
}

// Closed reports whether the generation has closed all its listening sockets of
// the endpoint and lives on. Clients wait there for the generation to listen
// again, or for the next one.
func (r *Registry) Closed(gen handoff.GenID, e handoff.Endpoint) bool {
	r.lookForClosed(gen, lookEvery)
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	if g == nil {
		return true
	}
	mine := g.listeners(gen)
	return !slices.ContainsFunc(mine, func(gate *Gate) bool { return !gate.closed() })
}

// Deserted reports whether a connection of ours waits at a gate that the program has
// closed, although it may have another one at the endpoint.
func (r *Registry) ProbeOrphaned(gen handoff.GenID, e handoff.Endpoint, c Conn) bool {
	r.lookForClosed(gen, lookEvery)
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[e]
	return g != nil && slices.ContainsFunc(g.listeners(gen), func(gate *Gate) bool { return gate.closed() && slices.Contains(gate.probes, c) })
}

// look finds out which gates of the generation a process of it has open, unless
// that was done within the last while. It reports whether it has looked. The
// lock is not held meanwhile: binds go on.
func (r *Registry) lookForClosed(gen handoff.GenID, every time.Duration) bool {
	began := time.Now()
	r.mu.Lock()
	t := r.running[gen]
	if t == nil || began.Sub(t.looked) < every {
		r.mu.Unlock()
		return false
	}
	t.looked = began
	var mine []*Gate
	for _, g := range r.groups {
		mine = append(mine, g.listeners(gen)...)
	}
	r.mu.Unlock()
	open, err := r.kernel.Sockets(t.pids)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, gate := range mine {
		_, held := open[gate.inode]
		switch {
		case held || err != nil || !gate.handedAt.Before(began.Add(-unheldFor)):
			gate.markOpen()
		case gate.closedSince.IsZero():
			gate.closedSince = began
			gate.misses = 1
		default:
			gate.misses++
		}
	}
	r.steerPastClosedLocked(gen)
	return true
}

// Waiting is the number of clients that wait for the generation to accept them,
// or whose handshake may still end in its queues. A debugger is no client, nor is
// hotswap itself. At a gate that the program has closed nobody waits for it: those
// clients are the next generation's.
func (r *Registry) Waiting(gen handoff.GenID) int {
	n := r.waiting(gen)
	if n > 0 && r.lookForClosed(gen, lookEvery) {
		n = r.waiting(gen)
	}
	return n
}

func (r *Registry) waiting(gen handoff.GenID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, g := range r.groups {
		if g.debugger {
			continue
		}
		r.reconcileLocked(g)
		mine := filter(g.members, func(m *Gate) bool { return m.owner == gen && !m.closed() })
		if len(mine) == 0 {
			continue
		}
		n += r.halfOpenLocked(g) // before the queues, into which they go
		for _, gate := range mine {
			n += r.clientsLocked(gate)
		}
	}
	return n
}

// clientsLocked is the number of clients in the gate's queue. First the queue and
// then our own connections: one that is accepted in between is counted as a
// client, for a moment; the other order would miss a client.
func (r *Registry) clientsLocked(gate *Gate) int {
	waiting, _, err := r.kernel.Queue(gate.fd)
	if err != nil || waiting == 0 {
		return 0
	}
	gate.probes = r.queuedLocked(gate)
	return max(0, waiting-len(gate.probes))
}

// queuedLocked are those of our own connections that are still in the gate's
// queue.
func (r *Registry) queuedLocked(gate *Gate) []Conn {
	return slices.DeleteFunc(gate.probes, func(c Conn) bool {
		queued, err := r.kernel.Queued(c)
		return err == nil && !queued
	})
}

// spareAtMost bounds the descriptors that Spare keeps free.
const spareAtMost = 64

// Spare gives gates up that their programs have closed, where fewer descriptors
// are free than a swap and a few connections of hotswap's own may need. Gates
// where no client waits go first, and then those that were closed first. It
// returns the endpoints that are closed now.
//
// Here a gate counts as closed when no process has it at two looks, right after
// each other: a program that opens and closes listeners in a loop would else be
// faster. A listener that is on its way between two processes may be given up
// wrongly.
func (r *Registry) FreeDescriptors() (given []handoff.Endpoint, limit int) {
	r.mu.Lock()
	none := len(r.gates) == 0
	r.mu.Unlock()
	if none {
		return nil, 0
	}
	open, limit, err := r.kernel.Descriptors()
	spare := min(spareAtMost, limit/4)
	if err != nil || limit-open >= spare {
		return nil, limit
	}
	r.mu.Lock()
	var gens []handoff.GenID
	for gen := range r.running {
		gens = append(gens, gen)
	}
	r.mu.Unlock()
	for _, gen := range gens {
		r.lookForClosed(gen, 0)
		r.lookForClosed(gen, 0)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.transfer != notTransferred {
		return nil, limit
	}
	type candidate struct {
		*Gate
		clients int
	}
	var closed []candidate
	for _, gate := range r.gates {
		if gate.served() && gate.misses >= 2 && !r.groups[gate.endpoint].declared {
			closed = append(closed, candidate{gate, r.clientsLocked(gate)})
		}
	}
	slices.SortFunc(closed, func(a, b candidate) int {
		if a.clients != b.clients {
			return a.clients - b.clients
		}
		if c := a.closedSince.Compare(b.closedSince); c != 0 {
			return c
		}
		return a.fd - b.fd
	})
	// Twice as many as are wanted: else the next listener makes it short again.
	for _, c := range closed[:min(len(closed), open+2*spare-limit)] {
		g := r.groups[c.endpoint]
		if !g.canLeave(c.Gate) {
			continue
		}
		r.dropLocked(c.Gate)
		if len(g.members) == 0 && len(g.bound) == 0 {
			delete(r.groups, g.endpoint)
			given = append(given, g.endpoint)
		}
	}
	sortEndpoints(given)
	return given, limit
}
