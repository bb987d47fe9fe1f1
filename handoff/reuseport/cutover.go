package reuseport

import (
	"errors"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Cutover steers all new connections of the generation's endpoints to its gates, by one system call an
// endpoint. It returns the endpoints and how long the calls took together. It leaves debuggers' endpoints
// alone, see [Registry.CutoverEndpoint].
func (r *Registry) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready[gen] = true
	done, took, err := r.cutoverLocked(gen, func(g *group) bool { return !g.debugger })
	return done, took, errors.Join(append(r.guardHiddenLocked(gen), err)...)
}

// IsReady reports whether the generation has been ready ([Registry.Cutover]), and whether no generation has a gate at
// the endpoint: what a program opens there now is no part of its start.
func (r *Registry) IsReady(gen handoff.GenID, e handoff.Endpoint) (ready, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.findLocked(e)
	return r.ready[gen], !g.declared && len(g.all()) == 0
}

// CutoverEndpoint steers new connections of one endpoint, a debugger's, to the generation. A process that
// waits for its debugger must be reachable before it can serve.
func (r *Registry) CutoverEndpoint(gen handoff.GenID, e handoff.Endpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _, err := r.cutoverLocked(gen, func(g *group) bool { return g.endpoint == e })
	return err
}

func (r *Registry) cutoverLocked(gen handoff.GenID, concerned func(*group) bool) ([]handoff.Endpoint, time.Duration,
	error) {
	var (
		moved []*group
		done  []handoff.Endpoint
		errs  []error
	)
	for e, g := range r.groups {
		if !concerned(g) {
			continue
		}
		r.reconcileLocked(g)
		mine := accepting(g.listeners(gen))
		if len(mine) == 0 {
			continue
		}
		done = append(done, e)
		if !slices.Equal(g.steered, mine) {
			g.steered = mine
			moved = append(moved, g)
		}
	}
	start := time.Now()
	for _, g := range moved {
		errs = append(errs, r.steerLocked(g))
	}
	took := time.Since(start)
	for _, g := range moved { // after all cutovers, because a dump takes longer
		g.halfOpen = r.kernel.Handshakes(g.endpoint)
	}
	return done, took, errors.Join(errs...)
}

// QueueConnections takes new connections from the generation although no other serves: they wait in gates of
// hotswap until the next bind of each endpoint is given that gate. So one process can end before the next
// begins. parked is false if the generation has no gate or a gate could not be opened: then the generation
// goes on getting connections there.
func (r *Registry) QueueConnections(gen handoff.GenID) (parked bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for e, g := range r.groups {
		serves := slices.ContainsFunc(g.steered, func(s *Gate) bool { return s.owner == gen && !s.orphan })
		if g.single || !serves { // the clients of a single socket wait in its only queue
			continue
		}
		gate, err := g.queue, error(nil)
		if gate == nil {
			gate, err = r.openListeningLocked(0, e, 0)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, r.steerToLocked(g, []*Gate{gate}))
		parked = true
	}
	err = errors.Join(errs...)
	return parked && err == nil, err
}
