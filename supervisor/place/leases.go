package place

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// leases decides which claim has which lease. It is pure: each method changes the facts and returns the claims whose
// state has changed.
//
// A claim gets a free lease if its generation is foremost; among several, the oldest. A holder is asked for
// the lease once: when its generation drains, or when the foremost generation has a claim and the holder is
// of another. Only the end of a claim frees the lease.
type leases struct {
	foremost handoff.GenID            // 0: none is
	states   map[handoff.GenID]string // report.Place.State
	byName   map[string]*lease        // that have a claim
}

// lease is who wants something that only one may have.
type lease struct {
	holder  *claim // nil: the lease is free
	waiting []*claim
}

// claim is a request for a lease. Only name, gen and state matter here. Server.mu guards what is not constant.
type claim struct {
	numbered
	name  string        // constant
	gen   handoff.GenID // constant
	named uint64        // constant: what its process calls it; 0: nothing
	state int

	written int  // the newest state that was written
	over    bool // it has ended
	left    bool // the connection has ended, so nothing will be released
}

// What claim.state may be.
const (
	waiting = iota
	granted
	revoked // granted, and asked for
)

// move notes the places of the generations.
func (l *leases) move(foremost handoff.GenID, states map[handoff.GenID]string) (changed []*claim) {
	l.foremost, l.states = foremost, states
	for _, of := range l.byName {
		changed = append(changed, l.grantNext(of)...)
	}
	return changed
}

func (l *leases) want(c *claim) []*claim {
	of := l.byName[c.name]
	if of == nil {
		of = &lease{}
		l.byName[c.name] = of
	}
	of.waiting = append(of.waiting, c)
	return l.grantNext(of)
}

// end removes a claim: nothing that the claim was for runs any more.
func (l *leases) end(c *claim) []*claim {
	of := l.byName[c.name]
	if of == nil {
		return nil
	}
	if of.holder == c {
		of.holder = nil
	}
	of.waiting = slices.DeleteFunc(of.waiting, func(w *claim) bool { return w == c })
	if of.holder == nil && len(of.waiting) == 0 {
		delete(l.byName, c.name)
		return nil
	}
	return l.grantNext(of)
}

func (l *leases) grantNext(of *lease) []*claim {
	next := slices.IndexFunc(of.waiting, func(c *claim) bool { return l.foremost != 0 && c.gen == l.foremost })
	switch h := of.holder; {
	case h == nil && next >= 0:
		of.holder = of.waiting[next]
		of.waiting = slices.Delete(of.waiting, next, next+1)
		of.holder.state = granted
		return []*claim{of.holder}
	case h != nil && h.state == granted && h.gen != l.foremost &&
		(next >= 0 || l.states[h.gen] == report.StateDraining):
		h.state = revoked
		return []*claim{h}
	}
	return nil
}
