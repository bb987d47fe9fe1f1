package machine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// handler is what an event does to its generation.
type handler func(*Machine, *Generation, genEvent)

// by makes a handler of a method that takes one kind of event.
func by[E genEvent](do func(*Machine, *Generation, E)) handler {
	return func(m *Machine, g *Generation, ev genEvent) { do(m, g, ev.(E)) }
}

// in makes a handler of a method for one state that takes one kind of event.
func in[S State, E genEvent](do func(*Machine, *Generation, S, E)) handler {
	return func(m *Machine, g *Generation, ev genEvent) { do(m, g, g.State.(S), ev.(E)) }
}

// stale ignores an event that came too late to matter: a readiness read after the exit, a drain that ended as the
// deadline came. That is normal.
func stale(*Machine, *Generation, genEvent) {}

// never complains of an event that cannot come in that state.
func never(m *Machine, g *Generation, ev genEvent) {
	m.complain("%T for a generation that is %v", ev, g.State.name())
}

var (
	started = by((*Machine).started)
	late    = by((*Machine).listeningLate)
	gone    = by((*Machine).gone)
	lost    = by((*Machine).trackingLost)
)

// accept says for each state what each event does. Nothing is left out: a test looks for
// holes.
var accept = map[string][columns]handler{
	report.StateStarting: {
		onStarted: started, onListening: in((*Machine).listening), onReady: in((*Machine).saysReady),
		onExtend: in((*Machine).extended), onTrackingLost: lost, onRested: in((*Machine).rested),
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedEarly), onGone: gone,
	},
	report.StateServing: {
		// Another messenger may have been faster to say that the generation listens than Started.
		onStarted: started, onListening: by((*Machine).listeningMore), onReady: stale,
		onExtend: stale, onTrackingLost: lost, onRested: stale,
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedServing), onGone: gone,
	},
	report.StateHeld: {
		onStarted: started, onListening: late, onReady: stale,
		onExtend: stale, onTrackingLost: lost, onRested: stale,
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedHeld), onGone: gone,
	},
	report.StateDraining: {
		onStarted: started, onListening: late, onReady: stale,
		onExtend: stale, onTrackingLost: stale, onRested: stale, // its session ends with it
		onFlowing: in((*Machine).flowing), onDrained: in((*Machine).drained), onExited: in((*Machine).exitedLate), onGone: gone,
	},
	report.StateExited: over,
	report.StateFailed: over,
}

// over is the row of a generation that has ended and whose tree may not be gone.
var over = [columns]handler{
	onStarted: started, onListening: late, onReady: stale,
	onExtend: stale, onTrackingLost: stale, onRested: stale,
	onFlowing: stale, onDrained: stale, onExited: by((*Machine).noteExit), onGone: gone,
}

// dispatch gives an event to its generation.
func (m *Machine) dispatch(ev genEvent) {
	id, column := ev.on()
	switch g := m.generation(id); {
	case g != nil:
		accept[g.State.name()][column](m, g, ev)
	case id > 0 && id <= m.last:
	default:
		m.complain("%T for generation %d, which never began", ev, id)
	}
}
