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
	kindLost:          stale,
	kindExtend:        stale,
	kindBlocked:       stale,
	kindUnblocked:     stale,
	kindListeningUnix: stale,
}

// dispatch gives an event to its generation.
func (m *machine) dispatch(ev genEvent) {
	id := ev.about()
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
