package supervisor

import "slices"

// handler is what an event does to its generation.
type handler func(*machine, *Generation, genEvent)

// on makes a handler of a method that takes one kind of event.
func on[E genEvent](do func(*machine, *Generation, E)) handler {
	return func(m *machine, g *Generation, ev genEvent) { do(m, g, ev.(E)) }
}

// stale takes an event that came too late to matter: a readiness read after the exit, a
// drain that ended as the deadline came. That is normal.
func stale(m *machine, _ *Generation, _ genEvent) { m.tally.Stale++ }

// never takes an event that cannot come in that state.
func never(m *machine, g *Generation, ev genEvent) {
	m.complain("%T for a generation that is %v", ev, g.State)
}

var (
	onStarted = on((*machine).started)
	onLate    = on((*machine).listeningLate)
	onGone    = on((*machine).gone)
	onBlocked = on((*machine).blocked)
	onLost    = on((*machine).trackingLost)
)

// accept says for each state what each event does. Nothing is left out: a test looks for
// holes.
var accept = [stateCount][kindCount]handler{
	StateStarting: {
		kindStarted: onStarted, kindListening: on((*machine).listening), kindReady: on((*machine).saysReady),
		kindExtend: on((*machine).extended), kindBlocked: onBlocked, kindTrackingLost: onLost,
		kindQuiet: never, kindDrained: never, kindExited: on((*machine).exitedEarly), kindGone: onGone,
	},
	StateServing: {
		// Another messenger may have been faster to say that it listens than evStarted.
		kindStarted: onStarted, kindListening: on((*machine).listeningMore), kindReady: stale,
		kindExtend: stale, kindBlocked: onBlocked, kindTrackingLost: onLost,
		kindQuiet: never, kindDrained: never, kindExited: on((*machine).exitedServing), kindGone: onGone,
	},
	StateHeld: {
		kindStarted: onStarted, kindListening: onLate, kindReady: stale,
		kindExtend: stale, kindBlocked: stale, kindTrackingLost: onLost,
		kindQuiet: never, kindDrained: never, kindExited: on((*machine).exitedHeld), kindGone: onGone,
	},
	StateDraining: {
		kindStarted: onStarted, kindListening: onLate, kindReady: stale,
		kindExtend: stale, kindBlocked: stale, kindTrackingLost: stale, // its session ends with it
		kindQuiet: on((*machine).quiet), kindDrained: on((*machine).drained), kindExited: on((*machine).exitedLate), kindGone: onGone,
	},
	StateExited: ended,
	StateFailed: ended,
}

// ended is the row of a generation that is over and whose tree may not be gone.
var ended = [kindCount]handler{
	kindStarted: onStarted, kindListening: onLate, kindReady: stale,
	kindExtend: stale, kindBlocked: stale, kindTrackingLost: stale,
	kindQuiet: stale, kindDrained: stale, kindExited: on((*machine).exitedLate), kindGone: onGone,
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
		m.complain("%T for generation %d, which never began", ev, id)
	}
}
