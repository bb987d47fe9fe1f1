package machine

// dispatch gives an event to its generation.
func (m *Machine) dispatch(ev genEvent) {
	id := ev.On()
	switch g := m.generation(id); {
	case g != nil:
		g.State.accept(m, g, ev)
	case id > 0 && id <= m.last:
	default:
		m.complain("%T for generation %d, which never began", ev, id)
	}
}

// The methods accept say for each state what each event does. An event is stale that came too late to matter: a
// readiness read after the exit, a drain that ended as the deadline came. That is normal.

func (s *Starting) accept(m *Machine, g *Generation, ev genEvent) {
	switch ev := ev.(type) {
	case Started:
		m.started(g, ev)
	case Listening:
		m.listening(g, s, ev)
	case Ready:
		m.saysReady(g, s, ev)
	case Extend: // a boot never gets less time than it had
		if at := m.after(ev.By); !s.ReadyUntil.IsZero() && at.After(s.ReadyUntil) {
			s.ReadyUntil = at
		}
	case TrackingLost:
		m.trackingLost(g, ev)
	case Rested:
		m.rested(g, s)
	case Exited:
		m.exitedEarly(g, ev)
	case Gone:
		m.gone(g)
	case Observed, Handled:
		m.never(g, ev)
	}
}

func (*Serving) accept(m *Machine, g *Generation, ev genEvent) {
	switch ev := ev.(type) {
	case Started: // another messenger was faster to say that the generation listens
		m.started(g, ev)
	case Listening:
		m.listeningMore(g, ev)
	case TrackingLost:
		m.trackingLost(g, ev)
	case Exited:
		m.exitedServing(g, ev)
	case Gone:
		m.gone(g)
	case Observed, Handled:
		m.never(g, ev)
	case Ready, Extend, Rested: // stale
	}
}

func (*Held) accept(m *Machine, g *Generation, ev genEvent) {
	switch ev := ev.(type) {
	case Started:
		m.started(g, ev)
	case Listening: // clients may get to its gate all the same, and must be found there
		m.listens(g, ev)
	case TrackingLost:
		m.trackingLost(g, ev)
	case Exited:
		m.exitedHeld(g, ev)
	case Gone:
		m.gone(g)
	case Observed:
		g.Drain.Observe(ev)
	case Handled:
		m.never(g, ev)
	case Ready, Extend, Rested: // stale
	}
}

func (d *Draining) accept(m *Machine, g *Generation, ev genEvent) {
	switch ev := ev.(type) {
	case Started:
		m.started(g, ev)
	case Listening:
		m.listens(g, ev)
	case Observed:
		m.observed(g, d, ev)
	case Handled:
		g.Drain.Handle()
	case Exited:
		m.noteExit(g, ev)
		if ev.Exit.Deaf {
			m.killSoon(g)
		}
	case Gone:
		m.gone(g)
	case Ready, Extend, Rested: // stale
	case TrackingLost: // its session ends with it
	}
}

func (*Over) accept(m *Machine, g *Generation, ev genEvent) {
	switch ev := ev.(type) {
	case Started:
		m.started(g, ev)
	case Listening:
		m.listens(g, ev)
	case Exited:
		m.noteExit(g, ev)
	case Gone:
		m.gone(g)
	case Ready, Extend, Rested, Observed, Handled, TrackingLost: // stale
	}
}

// never complains of an event that cannot come in that state.
func (m *Machine) never(g *Generation, ev genEvent) {
	m.complain("%T for a generation that is %v", ev, g.State.name())
}
