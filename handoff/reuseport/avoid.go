package reuseport

import (
	"context"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// watchEvery is the shortest pause of Watch.
	watchEvery = time.Second
	// watchShare bounds its cost: the pause is so many times as long as the look.
	watchShare = 50
)

// Watch looks, until ctx ends, which listeners a generation has closed while it has
// others at the same endpoint: one of several workers has ended, or a listener was
// replaced. The kernel would go on sending a share of the clients there. New clients
// go to the other listeners; stranded is called when some wait to be passed on
// ([Registry.AcceptStranded]). The last listener of an endpoint keeps its clients.
//
// It sleeps while no generation has several listeners at one endpoint.
func (r *Registry) WatchClosed(ctx context.Context, stranded func()) {
	for ctx.Err() == nil {
		began := time.Now()
		gens := r.withSeveralListeners()
		if len(gens) == 0 {
			select {
			case <-r.watchWake:
			case <-ctx.Done():
			}
			continue
		}
		for _, gen := range gens {
			r.lookForClosed(gen, lookEvery)
		}
		if r.orphansWait() {
			stranded()
		}
		select {
		case <-time.After(max(watchEvery, watchShare*time.Since(began))):
		case <-ctx.Done():
		}
	}
}

// several are the generations that run and have several listeners at one endpoint.
func (r *Registry) withSeveralListeners() (gens []handoff.GenID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for gen := range r.running {
		for _, g := range r.groups {
			if len(g.listeners(gen)) > 1 {
				gens = append(gens, gen)
				break
			}
		}
	}
	return gens
}

// shareLocked wakes Watch.
func (r *Registry) wakeWatchLocked() {
	select {
	case r.watchWake <- struct{}{}:
	default: // it has not yet heard of the last one
	}
}

// accepting are those gates of one generation that it has not closed; all, if it has
// closed all.
func accepting(gates []*Gate) []*Gate {
	if open := filter(gates, func(gate *Gate) bool { return !gate.closed() }); len(open) > 0 {
		return open
	}
	return gates
}

// avoidLocked steers past what the generation has closed, wherever clients are sent
// to the generation, and back to what it has again.
func (r *Registry) steerPastClosedLocked(gen handoff.GenID) {
	if r.transfer != notTransferred {
		return
	}
	for _, g := range r.groups {
		mine := g.listeners(gen)
		theirs := filter(g.steered, func(s *Gate) bool { return !slices.Contains(mine, s) })
		if len(mine) < 2 || len(theirs) == len(g.steered) || !slices.ContainsFunc(mine, func(m *Gate) bool { return !m.closed() }) {
			continue
		}
		if steered := slices.Concat(theirs, accepting(mine)); !sameGates(steered, g.steered) {
			g.steered = steered
			_ = r.steerLocked(g) // it is tried again at the next change
		}
	}
}

func sameGates(a, b []*Gate) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(gate *Gate) bool { return !slices.Contains(b, gate) })
}

// taker is a gate of the group that clients are sent to and that is accepted from;
// nil: none.
func (g *group) servingGate() *Gate {
	i := slices.IndexFunc(g.steered, func(s *Gate) bool { return s.served() && !s.closed() })
	if i < 0 {
		return nil
	}
	return g.steered[i]
}

// forsaken says whether nobody accepts from the gate and no new clients are sent there.
func (g *group) hasOrphans(gate *Gate) bool {
	return (!gate.served() || gate.closed()) && !slices.Contains(g.steered, gate)
}

// deserted reports whether clients wait at closed gates, and could be passed on.
func (r *Registry) orphansWait() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		if g.servingGate() != nil && slices.ContainsFunc(g.members, func(m *Gate) bool { return g.hasOrphans(m) && r.clientsLocked(m) > 0 }) {
			return true
		}
	}
	return false
}
