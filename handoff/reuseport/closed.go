package reuseport

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A program that closes a listener leaves its gate open, because the registry has a duplicate, and the kernel
// does not report the close. So the registry looks at the descriptors of the program: while a probe waits,
// while clients wait in a drain, and from time to time while a generation has several listeners at one endpoint or a
// socket of UDP, or listens at an address that hides another one. A socket of UDP that is closed has no client, so its gate goes: programs use many ports for a while.

// ErrListenerClosed says that the program has closed its listener and lives on.
var ErrListenerClosed = errors.New("the program has closed its listener")

const (
	// lookEvery is the pause between two looks at the descriptors of a generation's processes: a process may
	// have thousands.
	lookEvery = closedFor / 2
	// closedFor is how long no process must have a gate before the gate counts as closed. A socket on its way
	// between two processes (SCM_RIGHTS, unix(7)) is in no table.
	closedFor = time.Second
	// watchShare bounds the cost of WatchClosed: a pause is this many times as long as the look before it.
	watchShare = 50
)

// processes are those of a generation.
type processes struct {
	pids   func() ([]int, error)
	looked time.Time // when their descriptors were last looked at
}

// SetProcesses tells the registry which processes have the generation's gates, until
// [Registry.GenerationEnded]. An error of pids means that some may be missing.
func (r *Registry) SetProcesses(gen handoff.GenID, pids func() ([]int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[gen] = &processes{pids: pids}
	r.wakeWatchLocked()
}

// markOpen notes that a process of the owner has the gate.
func (gate *Gate) markOpen() { gate.closedSince, gate.misses = time.Time{}, 0 }

// closed reports whether the program has closed the gate and lives on. One look is not enough: it may miss a
// process whose parent has just ended.
func (gate *Gate) closed() bool {
	return gate.served() && gate.misses >= 2 && time.Since(gate.closedSince) >= closedFor
}

// Closed reports whether the generation has closed all its listening sockets of the endpoint and lives on.
// Clients wait there until the generation listens again, or the next one does.
func (r *Registry) Closed(gen handoff.GenID, e handoff.Endpoint) bool {
	all, _, _ := r.closedTo(gen, e, sockdiag.Name{})
	return all
}

// closedTo also reports of the gate at which a connection of hotswap waits whether the program has closed it, although the
// program may have another one at the endpoint, and how long its queue is; -1: it is not known.
func (r *Registry) closedTo(gen handoff.GenID, e handoff.Endpoint, c sockdiag.Name) (all, probe bool, waiting int) {
	r.lookForClosed(gen)
	r.mu.Lock()
	defer r.mu.Unlock()
	all, waiting = true, -1
	if g := r.groups[e]; g != nil {
		for _, gate := range g.listeners(gen) {
			all = all && gate.closed()
			if !slices.Contains(gate.probes, c) && (!e.IsUnix() || gate.closed()) { // the kernel does not name the connections of a path
				continue
			}
			probe = gate.closed()
			if n, listening, err := r.kernel.Queue(gate.fd); err == nil && listening {
				waiting = n
			}
		}
	}
	return all, probe, waiting
}

// lookForClosed finds out which gates a process of the generation has open, and reports whether it has
// looked: not if the last look is younger than lookEvery. It does not lock the registry while it looks.
func (r *Registry) lookForClosed(gen handoff.GenID) bool {
	began := time.Now()
	r.mu.Lock()
	t := r.running[gen]
	if t == nil || began.Sub(t.looked) < lookEvery {
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
		switch {
		case open[gate.inode] || err != nil:
			gate.markOpen()
		case gate.closedSince.IsZero():
			gate.closedSince, gate.misses = began, 1
		default:
			gate.misses++
		}
	}
	r.steerPastClosedLocked(gen)
	return true
}

// Waiting returns how many clients wait for the generation to accept them, or have a handshake that may still
// end in its queues, and how many of its sockets of UDP have datagrams to read. Debuggers and hotswap's own probes do not count, nor do clients at a gate that the
// program has closed: they wait for the next generation.
func (r *Registry) Waiting(gen handoff.GenID) int {
	n := r.waiting(gen)
	if n > 0 && r.lookForClosed(gen) {
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
		n += r.halfOpenLocked(g) // before the queues, where these handshakes end
		for _, gate := range mine {
			if g.endpoint.IsUDP() {
				unread, _, _ := r.kernel.Queue(gate.fd)
				n += unread
			} else {
				n += r.clientsLocked(gate)
			}
		}
	}
	return n
}

// clientsLocked returns how many clients are in the gate's queue. It reads the queue before its own
// connections: a probe that is accepted in between counts as a client for a moment, but no client is missed. Datagrams are
// no clients that another generation could accept.
func (r *Registry) clientsLocked(gate *Gate) int {
	waiting, _, err := r.kernel.Queue(gate.fd)
	if err != nil || waiting == 0 || gate.endpoint.IsUDP() {
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

// queued reports whether a connection waits to be accepted: then it has no inode. Its client may have closed it already.
func (r *Registry) queued(c sockdiag.Name) (bool, error) {
	s, found, err := r.kernel.Lookup(c)
	return found && s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), err
}

// WatchClosed looks, until ctx ends, which listeners a generation has closed while it has others at the same
// endpoint, because the kernel would go on sending clients there. New clients go to the other listeners.
// After each look orphaned is called: clients may wait to be passed on, and gates to be closed at which none can be served
// ([Registry.AcceptOrphaned]). The last listener of an endpoint keeps its clients.
//
// WatchClosed sleeps while no generation has such listeners, several listeners at one endpoint, or a socket of UDP.
func (r *Registry) WatchClosed(ctx context.Context, orphaned func()) {
	for ctx.Err() == nil {
		began := time.Now()
		gens := r.watched()
		if len(gens) == 0 {
			_ = wait.On(ctx, r.watchWake)
			continue
		}
		for _, gen := range gens {
			r.lookForClosed(gen)
		}
		orphaned()
		_ = wait.For(ctx, max(closedFor, watchShare*time.Since(began)))
	}
}

// watched returns the generations of which a listener may be closed that then gets no client.
func (r *Registry) watched() (gens []handoff.GenID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for gen := range r.running {
		for _, g := range r.groups {
			n := len(g.listeners(gen))
			if n > 1 || n == 1 && (g.endpoint.IsUDP() || len(r.rivalsLocked(g)) > 0) {
				gens = append(gens, gen)
				break
			}
		}
	}
	return gens
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
			r.dropClosedLocked(g, gen)
		}
		mine := g.listeners(gen)
		theirs := filter(g.steered, func(s *Gate) bool { return !slices.Contains(mine, s) })
		if len(mine) < 2 || len(theirs) == len(g.steered) || !slices.ContainsFunc(mine, func(m *Gate) bool { return !m.closed() }) {
			continue
		}
		steered := slices.Concat(theirs, accepting(mine))
		if len(steered) != len(g.steered) || slices.ContainsFunc(steered, func(s *Gate) bool { return !slices.Contains(g.steered, s) }) {
			g.steered = steered
			_ = r.steerLocked(g) // the next change steers again
		}
	}
}
