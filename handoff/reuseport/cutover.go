package reuseport

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// canary is the state of a group whose new connections two generations share.
type canary struct {
	gen     handoff.GenID // gets percent in a hundred
	others  handoff.GenID // gets the rest
	percent int
}

// all is the percentage of a cutover.
const all = 100

// Cutover sends all new connections of the generation's endpoints to its
// gates, one system call an endpoint, right after each other. It returns the
// endpoints and how long the calls took together. A canary ends with it,
// whoever's it was. Debuggers' endpoints are left alone, see [Registry.Lead].
func (r *Registry) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cutoverLocked(gen, all, func(g *group) bool { return !g.debugger })
}

// Lead sends new connections of one endpoint, a debugger's, to the generation.
// Such an endpoint has its own moment: a process that waits for its debugger
// must be found before it can serve. And a canary has no share of it: a debugger
// asks what there is by one connection and attaches by another.
func (r *Registry) CutoverEndpoint(gen handoff.GenID, e handoff.Endpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _, err := r.cutoverLocked(gen, all, func(g *group) bool { return g.endpoint == e })
	return err
}

// Canary sends percent in a hundred of the new connections of the generation's
// endpoints to its gates and leaves the rest to the generation that has been
// steered to until now; or all of them, where none has. It takes and returns
// what [Registry.Cutover] does, and replaces a canary that there is. Call it
// again when the generation listens on a further endpoint; a further gate on
// an endpoint shares in what its generation gets by itself.
//
// The share is a matter of chance for each connection. When one of the two
// generations is gone, the other one gets everybody.
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
	for _, g := range moved {
		// Whoever began a handshake before the cutover ends up at the old
		// gate, which must stay open until then.
		g.halfOpen, _ = r.kernel.HalfOpen(g.endpoint)
	}
	sortEndpoints(done)
	return done, took, errors.Join(errs...)
}

// turned is who is to be steered to when gen, which has the gates mine here,
// is to get so many in a hundred.
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
