package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// canary says how two generations share the new connections of a group.
type canary struct {
	gen     handoff.GenID // gets percent of 100
	others  handoff.GenID // gets the rest
	percent int
}

// all is the percentage of a cutover.
const all = 100

// Cutover steers all new connections of the generation's endpoints to its gates, by one system call an
// endpoint. It returns the endpoints and how long the calls took together. It ends a canary. It leaves
// debuggers' endpoints alone, see [Registry.CutoverEndpoint].
func (r *Registry) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cutoverLocked(gen, all, func(g *group) bool { return !g.debugger })
}

// CutoverEndpoint steers new connections of one endpoint, a debugger's, to the generation. A process that
// waits for its debugger must be reachable before it can serve. A canary gets no share, because a debugger
// asks by one connection and attaches by another.
func (r *Registry) CutoverEndpoint(gen handoff.GenID, e handoff.Endpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _, err := r.cutoverLocked(gen, all, func(g *group) bool { return g.endpoint == e })
	return err
}

// Canary steers percent of 100 new connections of the generation's endpoints to its gates and leaves the rest
// to the generation that was steered to; where there is none, all. It returns what [Registry.Cutover]
// returns, and replaces an earlier canary. Call it again when the generation listens on a further endpoint.
//
// Chance decides for each connection. When one of the two generations is gone, the other gets all
// connections.
func (r *Registry) Canary(gen handoff.GenID, percent int) ([]handoff.Endpoint, time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if percent <= 0 || percent >= all {
		return nil, 0, fmt.Errorf("canary: %d is not a percentage from 1 to 99", percent)
	}
	if r.transfer != notTransferred {
		return nil, 0, errTransferred
	}
	return r.cutoverLocked(gen, percent, func(g *group) bool { return !g.debugger })
}

func (r *Registry) cutoverLocked(gen handoff.GenID, percent int, concerned func(*group) bool) ([]handoff.Endpoint, time.Duration, error) {
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
		if len(mine) > 0 {
			done = append(done, e)
		}
		steered, share := g.afterCutover(gen, mine, percent)
		if !slices.Equal(g.steered, steered) || share != nil || g.canary != nil {
			g.steered, g.canary = steered, share
			moved = append(moved, g)
		}
	}
	start := time.Now()
	for _, g := range moved {
		errs = append(errs, r.steerLocked(g))
	}
	took := time.Since(start)
	for _, g := range moved { // after all cutovers, because a dump takes longer
		g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	}
	sortEndpoints(done)
	return done, took, errors.Join(errs...)
}

// afterCutover returns what to steer to so that gen, which has the gates mine here, gets percent of 100
// connections.
func (g *group) afterCutover(gen handoff.GenID, mine []*Gate, percent int) ([]*Gate, *canary) {
	rest := g.steered
	if g.canary != nil {
		if r := filter(rest, func(s *Gate) bool { return s.owner != g.canary.gen }); len(r) > 0 {
			rest = r
		}
	}
	if len(mine) == 0 {
		return rest, nil
	}
	rest = filter(rest, func(s *Gate) bool { return s.served() && s.owner != gen })
	if percent == all || len(rest) == 0 {
		return mine, nil
	}
	return slices.Concat(rest, mine), &canary{gen: gen, others: rest[0].owner, percent: percent}
}

// ParkConnections takes new connections from the generation although no other serves: they wait in gates of
// hotswap until the next bind of each endpoint is given that gate. So one process can end before the next
// begins. parked is false if the generation has no gate or a gate could not be opened: then the generation
// goes on getting connections there.
func (r *Registry) ParkConnections(gen handoff.GenID) (parked bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for e, g := range r.groups {
		others := filter(g.steered, func(s *Gate) bool { return s.owner != gen || s.orphan })
		if g.single || len(others) == len(g.steered) { // the clients of a single socket wait in its only queue
			continue
		}
		if g.canary == nil || len(others) == 0 { // no other generation serves here
			gate, err := r.openListeningLocked(0, e)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			others = []*Gate{gate}
		}
		errs = append(errs, r.steerToLocked(g, others))
		parked = true
	}
	err = errors.Join(errs...)
	return parked && err == nil, err
}
