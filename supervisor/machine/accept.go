package machine

// handler is what an event does to its generation.
type handler func(*Machine, *Generation, genEvent)

// by makes a handler of a method that takes one kind of event.
func by[E genEvent](do func(*Machine, *Generation, E)) handler {
	return func(m *Machine, g *Generation, ev genEvent) { do(m, g, ev.(E)) }
}

// stale ignores an event that came too late to matter: a readiness read after the exit, a drain that ended as the
// deadline came. That is normal.
func stale(*Machine, *Generation, genEvent) {}

// never complains of an event that cannot come in that state.
func never(m *Machine, g *Generation, ev genEvent) {
	m.complain("%T for a generation that is %v", ev, g.State)
}

var (
	started = by((*Machine).started)
	late    = by((*Machine).listeningLate)
	gone    = by((*Machine).gone)
	lost    = by((*Machine).trackingLost)
)

// accept says for each state what each event does. Nothing is left out: a test looks for
// holes.
var accept = [stateCount][columns]handler{
	StateStarting: {
		onStarted: started, onListening: by((*Machine).listening), onReady: by((*Machine).saysReady),
		onExtend: by((*Machine).extended), onTrackingLost: lost, onRested: by((*Machine).rested),
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedEarly), onGone: gone,
	},
	StateServing: {
		// Another messenger may have been faster to say that the generation listens than Started.
		onStarted: started, onListening: by((*Machine).listeningMore), onReady: stale,
		onExtend: stale, onTrackingLost: lost, onRested: stale,
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedServing), onGone: gone,
	},
	StateHeld: {
		onStarted: started, onListening: late, onReady: stale,
		onExtend: stale, onTrackingLost: lost, onRested: stale,
		onFlowing: never, onDrained: never, onExited: by((*Machine).exitedHeld), onGone: gone,
	},
	StateDraining: {
		onStarted: started, onListening: late, onReady: stale,
		onExtend: stale, onTrackingLost: stale, onRested: stale, // its session ends with it
		onFlowing: by((*Machine).flowing), onDrained: by((*Machine).drained), onExited: by((*Machine).exitedLate), onGone: gone,
	},
	StateExited: over,
	StateFailed: over,
}

// over is the row of a generation that has ended and whose tree may not be gone.
var over = [columns]handler{
	onStarted: started, onListening: late, onReady: stale,
	onExtend: stale, onTrackingLost: stale, onRested: stale,
	onFlowing: stale, onDrained: stale, onExited: by((*Machine).exitedLate), onGone: gone,
}

// dispatch gives an event to its generation.
func (m *Machine) dispatch(ev genEvent) {
	id, column := ev.on()
	switch g := m.generation(id); {
	case g != nil:
		accept[g.State][column](m, g, ev)
	case id > 0 && id <= m.last:
	default:
		m.complain("%T for generation %d, which never began", ev, id)
	}
}
