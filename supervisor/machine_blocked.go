package supervisor

import "time"

// Two generations cannot listen at one unix address. When a new one wants the address
// of an older one, that one ends first, as with [StopFirst], and the call of the new
// one waits for it. What the new one has done of its boot by then is not lost, and one
// that fails before it gets there takes nothing down.

type (
	// evBlocked: a call of the generation waits until by does not listen at the unix
	// address any more.
	evBlocked struct {
		gen, by GenID
		address string
	}

	// evUnblocked: such a call does not wait any more. One follows each evBlocked.
	evUnblocked struct{ gen GenID }
)

func (evBlocked) kind() eventKind   { return kindBlocked }
func (evUnblocked) kind() eventKind { return kindUnblocked }
func (e evBlocked) about() GenID    { return e.gen }
func (e evUnblocked) about() GenID  { return e.gen }

// blocked makes room for g.
func (m *machine) blocked(g *Generation, ev genEvent) {
	b := ev.(evBlocked)
	if m.canary() == g {
		m.promote(g) // it has clients, who wait for this call
	}
	g.due.lived = time.Time{} // it is a server
	g.Blocked++
	for _, by := range m.gens {
		if by.ID != b.by || by == g {
			continue
		}
		m.tell(NoticeBlocked{Gen: g.ID, By: by.ID, Address: b.address})
		switch by.State {
		case StateServing:
			m.bequeath(by)
			m.retire(by, 0)
		case StateHeld:
			m.retire(by, by.SucceedBy)
		}
	}
}

// unblocked gives a boot that goes on the time that any has.
func (m *machine) unblocked(g *Generation, _ genEvent) {
	if g.Blocked == 0 {
		m.tally.Stale++
		return
	}
	if g.Blocked--; g.Blocked > 0 || g.State != StateStarting {
		return
	}
	g.due.ready = m.after(m.policy.ReadyTimeout)
}
