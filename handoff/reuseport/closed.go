package reuseport

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A program that closes a listener leaves its gate open, because the registry has a duplicate, and the kernel does not
// report the close. So the registry looks at the descriptors of the program every 0.4 s, which costs one readlink(2)
// for each gate that is open.
//
// An endpoint of which all gates are closed is given up: the registry closes its duplicates, and nothing else. So the
// kernel refuses clients again, unless a process has the socket after all (io_uring can). A process that has ended with
// its listener, while its generation lives on, has closed nothing: whoever starts it again gets the gate, as the next
// generation does after a crash.

// ErrListenerClosed says that the program has closed its listener and lives on.
var ErrListenerClosed = errors.New("the program has closed its listener")

const (
	// closedEvery is the pause between two looks. The second that misses a gate ends the time in which the program may
	// listen again, so clients are refused within a second.
	closedEvery = 400 * time.Millisecond
	// watchShare bounds the cost of WatchClosed: a pause is this many times as long as a look before it that was in
	// vain.
	watchShare = 50
)

// SetProcesses tells the registry which processes have the generation's gates, until
// [Registry.GenerationEnded].
func (r *Registry) SetProcesses(gen handoff.GenID, pids processes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[gen] = pids
	r.wakeWatchLocked()
}

// markOpen notes that a process of the owner has the gate; it is not known which.
func (gate *Gate) markOpen() { gate.at, gate.misses = sockets.Descriptor{}, 0 }

// closed reports whether the program has closed the gate and lives on. One look is not enough: it may miss a
// process whose parent has just ended.
func (gate *Gate) closed() bool {
	return gate.served() && gate.misses >= 2
}

// Open reports whether a process of the generation has a listening socket of the endpoint now, or that cannot be known.
// Unlike Closed it looks itself.
func (r *Registry) Open(gen handoff.GenID, e handoff.Endpoint) bool {
	r.mu.Lock()
	find, gates := r.running[gen], r.findLocked(e).listeners(gen)
	r.mu.Unlock()
	if find == nil { // the generation has ended
		return false
	}
	pids, err := find()
	open, hidden := r.kernel.Sockets(pids)
	return cmp.Or(err, hidden) != nil ||
		slices.ContainsFunc(gates, func(gate *Gate) bool { return open.Has(gate.inode) })
}

// Closed reports whether the generation has closed all its listening sockets of the endpoint and lives on.
// Clients wait there until the generation listens again, or the next one does.
func (r *Registry) Closed(gen handoff.GenID, e handoff.Endpoint) bool {
	all, _, _ := r.closedTo(gen, e, sockdiag.Name{})
	return all
}

// closedTo also reports of the gate at which a connection of hotswap waits whether the program has closed it, although
// the program may have another one at the endpoint, and how long its queue is; -1: it is not known.
func (r *Registry) closedTo(gen handoff.GenID, e handoff.Endpoint, c sockdiag.Name) (all, probe bool, waiting int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, waiting = true, -1
	for _, gate := range r.findLocked(e).listeners(gen) {
		all = all && gate.closed()
		// the kernel does not name the connections of a path
		if !slices.Contains(gate.probes, c) && (!e.IsUnix() || gate.closed()) {
			continue
		}
		probe = gate.closed()
		if n, listening := r.kernel.Queue(gate.fd); listening {
			waiting = n
		}
	}
	return all, probe, waiting
}

// findClosed finds out which gates a process of the generation has open. It reads all descriptors only if a gate is not
// where it was, and reports whether it has done so and missed nothing new. A gate of which it cannot be known is open.
// So is each one if findClosed misses one for the first time while a descriptor is on its way between two processes. It
// does not lock the registry while it looks.
func (r *Registry) findClosed(gen handoff.GenID) (inVain bool) {
	r.mu.Lock()
	find, gates := r.running[gen], r.ofLocked(gen)
	before := map[*Gate]Gate{}
	for _, gate := range gates {
		before[gate] = *gate
	}
	r.mu.Unlock()
	if find == nil { // the generation has ended
		return false
	}
	open, died, unknown := sockets.Open{}, map[*Gate]bool{}, false
	for gate, was := range before {
		there, lives := r.kernel.HasOpen(was.at, gate.inode)
		died[gate] = was.at != (sockets.Descriptor{}) && !lives
		if there {
			open[gate.inode] = was.at
		}
	}
	if len(open) < len(gates) {
		pids, err := find()
		all, hidden := r.kernel.Sockets(pids)
		err = cmp.Or(err, hidden)
		maps.Copy(open, all)
		missed := slices.ContainsFunc(gates, func(m *Gate) bool { return !open.Has(m.inode) && before[m].misses == 0 })
		inVain = err != nil || !missed
		unknown = err != nil || missed && r.kernel.InFlight(pids)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, gate := range gates {
		if unknown || open.Has(gate.inode) {
			gate.at, gate.misses = cmp.Or(open[gate.inode], before[gate].at), 0
			continue
		}
		gate.misses++
		if gate.misses <= 2 {
			gate.died = died[gate]
		}
	}
	r.steerPastClosedLocked(gen)
	return inVain
}

// Waiting returns how many clients wait for the generation to accept them, or have a handshake that may still end in
// its queues, and how many of its sockets of UDP have datagrams to read. Debuggers and hotswap's own probes do not
// count, nor do clients at a gate that the program has closed: they wait for the next generation.
func (r *Registry) Waiting(gen handoff.GenID) int {
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
		n += r.halfOpenLocked(g) // before the queues, where these handshakes end
		for _, gate := range mine {
			if g.endpoint.IsUDP() {
				unread, _ := r.kernel.Queue(gate.fd)
				n += max(0, unread)
			} else {
				n += r.clientsLocked(gate)
			}
		}
	}
	return n
}

// clientsLocked returns how many clients are in the gate's queue. It reads the queue before its own connections: a
// probe that is accepted in between counts as a client for a moment, but no client is missed. Datagrams are no clients
// that another generation could accept.
func (r *Registry) clientsLocked(gate *Gate) int {
	waiting, _ := r.kernel.Queue(gate.fd)
	if waiting <= 0 || gate.group.endpoint.IsUDP() {
		return 0
	}
	gate.probes = r.queuedLocked(gate)
	return max(0, waiting-len(gate.probes))
}

// queuedLocked returns hotswap's own connections that are still in the gate's queue.
func (r *Registry) queuedLocked(gate *Gate) []sockdiag.Name {
	return slices.DeleteFunc(gate.probes, func(c sockdiag.Name) bool {
		queued, err := r.queued(c)
		return err == nil && !queued
	})
}

// queued reports whether a connection waits to be accepted: then it has no inode. Its client may have closed it
// already.
func (r *Registry) queued(c sockdiag.Name) (bool, error) {
	s, err := r.kernel.Lookup(c)
	return s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), err
}

// WatchClosed looks, until ctx ends, which listeners the generations have closed, and steers new clients past those. It
// calls orphaned after a look that knows of some: clients may wait to be passed on ([Registry.AcceptOrphaned]), and
// endpoints to be given up ([Registry.Sweep]). WatchClosed sleeps while no generation has a gate.
func (r *Registry) WatchClosed(ctx context.Context, orphaned func()) {
	for ctx.Err() == nil {
		began, inVain := time.Now(), false
		r.mu.Lock()
		gens := slices.DeleteFunc(slices.Collect(maps.Keys(r.running)), func(gen handoff.GenID) bool {
			return len(r.ofLocked(gen)) == 0
		})
		r.mu.Unlock()
		if len(gens) == 0 {
			_ = wait.On(ctx, r.watchWake)
			continue
		}
		for _, gen := range gens {
			inVain = r.findClosed(gen) || inVain
		}
		pause := closedEvery
		if inVain {
			pause = max(pause, watchShare*time.Since(began))
		}
		r.mu.Lock()
		some := slices.ContainsFunc(slices.Collect(maps.Values(r.gates)), (*Gate).closed)
		r.mu.Unlock()
		if some {
			orphaned()
		}
		_ = wait.For(ctx, pause)
	}
}

func (r *Registry) wakeWatchLocked() {
	select {
	case r.watchWake <- struct{}{}:
	default: // a wake is pending
	}
}

// accepting returns the gates of one generation that it has not closed; all, if it has closed all.
func accepting(gates []*Gate) []*Gate {
	if open := filter(gates, func(gate *Gate) bool { return !gate.closed() }); len(open) > 0 {
		return open
	}
	return gates
}

// steerPastClosedLocked steers past the gates that the generation has closed, and back to those that it has
// again, wherever clients are sent to the generation.
func (r *Registry) steerPastClosedLocked(gen handoff.GenID) {
	for _, g := range r.groups {
		if g.endpoint.IsUDP() {
			r.reconcileLocked(g)
		}
		if g.queue != nil {
			_ = r.steerLocked(g) // clients are passed on to gates that are open
		}
		mine := g.listeners(gen)
		theirs := filter(g.steered, func(s *Gate) bool { return !slices.Contains(mine, s) })
		if len(mine) < 2 || len(theirs) == len(g.steered) ||
			!slices.ContainsFunc(mine, func(m *Gate) bool { return !m.closed() }) {
			continue
		}
		steered := slices.Concat(theirs, accepting(mine))
		if len(steered) != len(g.steered) ||
			slices.ContainsFunc(steered, func(s *Gate) bool { return !slices.Contains(g.steered, s) }) {
			g.steered = steered
			_ = r.steerLocked(g) // the next change steers again
		}
	}
}
