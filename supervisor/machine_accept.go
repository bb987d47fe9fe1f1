package supervisor

import "slices"

// handler is what an event does to its generation.
type handler func(*machine, *Generation, genEvent)

// stale is an event that came too late to matter: a readiness read after the
// exit, a drain that ended as the deadline came. That is normal.
func stale(m *machine, _ *Generation, _ genEvent) { m.tally.Stale++ }

// never is an event that cannot come in that state.
func never(m *machine, g *Generation, ev genEvent) {
	m.complain("event of kind " + ev.kind().String() + " for a generation that is " + g.State.String())
}

// accept says for each state what each event does. Nothing is left out: a test
// looks for holes. In StateReady an event can meet a canary only.
var accept = [stateCount][kindCount]handler{
	StateStarting: {
		kindStarted:       (*machine).started,
		kindStartFailed:   (*machine).startFailed,
		kindListening:     (*machine).listening,
		kindReady:         (*machine).toldReady,
		kindExited:        (*machine).exitedEarly,
		kindGone:          (*machine).gone,
		kindDrained:       never,
		kindExpired:       (*machine).expired,
		kindLost:          (*machine).lost,
		kindExtend:        (*machine).extended,
		kindBlocked:       (*machine).blocked,
		kindUnblocked:     (*machine).unblocked,
		kindListeningUnix: (*machine).listeningUnix,
	},
	StateReady: {
		kindStarted:       (*machine).started,
		kindStartFailed:   never,
		kindListening:     (*machine).listeningTried,
		kindReady:         stale,
		kindExited:        (*machine).exitedTried,
		kindGone:          (*machine).gone,
		kindDrained:       never,
		kindExpired:       (*machine).expired,
		kindLost:          (*machine).lost,
		kindExtend:        stale,
		kindBlocked:       (*machine).blocked,
		kindUnblocked:     (*machine).unblocked,
		kindListeningUnix: (*machine).listeningUnix,
	},
	StateServing: {
		kindStarted:       (*machine).started, // told by a faster messenger that it listens
		kindStartFailed:   never,
		kindListening:     (*machine).listeningMore,
		kindReady:         stale,
		kindExited:        (*machine).exitedServing,
		kindGone:          (*machine).gone,
		kindDrained:       never,
		kindExpired:       stale,
		kindLost:          (*machine).lost,
		kindExtend:        stale,
		kindBlocked:       (*machine).blocked,
		kindUnblocked:     (*machine).unblocked,
		kindListeningUnix: (*machine).listeningUnix,
	},
	StateHeld: {
		kindStarted:       (*machine).started,
		kindStartFailed:   never,
		kindListening:     (*machine).listeningLate,
		kindReady:         stale,
		kindExited:        (*machine).exitedHeld,
		kindGone:          (*machine).gone,
		kindDrained:       never,
		kindExpired:       (*machine).expired,
		kindLost:          (*machine).lost,
		kindExtend:        stale,
		kindBlocked:       stale,
		kindUnblocked:     stale,
		kindListeningUnix: stale,
	},
	StateDraining: {
		kindStarted:       (*machine).started,
		kindStartFailed:   (*machine).startFailed,
		kindListening:     (*machine).listeningLate,
		kindReady:         stale,
		kindExited:        (*machine).exitedLate,
		kindGone:          (*machine).gone,
		kindDrained:       (*machine).drained,
		kindExpired:       (*machine).expired,
		kindLost:          stale, // its session ends with it
		kindExtend:        stale,
		kindBlocked:       stale,
		kindUnblocked:     stale,
		kindListeningUnix: stale,
	},
	StateExited: ended,
	StateFailed: ended,
}

// ended is the row of a generation that is over and whose tree may not be gone.
var ended = [kindCount]handler{
	kindStarted:       (*machine).started,
	kindStartFailed:   (*machine).startFailed,
	kindListening:     (*machine).listeningLate,
	kindReady:         stale,
	kindExited:        (*machine).exitedLate,
	kindGone:          (*machine).gone,
	kindDrained:       stale,
	kindExpired:       (*machine).expired,
	kindLost:          stale,
	kindExtend:        stale,
	kindBlocked:       stale,
	kindUnblocked:     stale,
	kindListeningUnix: stale,
}

// dispatch gives an event to its generation.
func (m *machine) dispatch(ev genEvent) {
	id := ev.about()
	if exp, ok := ev.(evExpired); ok && !m.due(exp) {
		m.tally.Stale++
		return
	}
	if id == 0 {
		m.expiredOwn(ev)
		return
	}
	i := slices.IndexFunc(m.gens, func(g *Generation) bool { return g.ID == id })
	switch {
	case i >= 0:
		g := m.gens[i]
		accept[g.State][ev.kind()](m, g, ev)
	case id > 0 && id <= m.last:
		m.tally.Stale++
	default:
		m.complain("event of kind " + ev.kind().String() + " for a generation that never began")
	}
}

// due tells whether an expiry belongs to a timer that is armed, and takes note.
func (m *machine) due(ev evExpired) bool {
	if ev.gen == 0 {
		switch ev.timer {
		case timerRestart:
			return due(m.now, &m.pause)
		case timerWarm:
			return due(m.now, &m.warmth.at)
		}
		return false
	}
	for _, g := range m.gens {
		if g.ID == ev.gen && ev.timer < timerCount {
			return due(m.now, &g.deadlines[ev.timer])
		}
	}
	return false
}

// expiredOwn begins the restart whose pause is over, or a standby.
func (m *machine) expiredOwn(ev genEvent) {
	exp, ok := ev.(evExpired)
	if !ok {
		m.complain("event of kind " + ev.kind().String() + " for no generation")
		return
	}
	if exp.timer == timerWarm {
		m.warm()
		return
	}
	w := *m.restart
	m.restart = nil
	m.request(w)
}

// expired gives g's expiry to what it was armed for.
func (m *machine) expired(g *Generation, ev genEvent) {
	switch ev.(evExpired).timer {
	case timerReady:
		m.overdue(g)
	case timerSettle:
		m.settled(g)
	case timerLived:
		m.lived(g)
	case timerCanary:
		m.promote(g)
	case timerHold:
		m.retire(g, g.SucceedBy)
	case timerStop:
		m.stopSignal(g)
	case timerKill:
		m.kill(g)
	}
}
