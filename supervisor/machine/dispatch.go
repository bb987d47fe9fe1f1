package machine

// dispatch gives an event to its generation. An event is stale that came too late to matter: a readiness read after the
// exit, a drain that ended as the deadline came. That is normal.
func (m *Machine) dispatch(ev genEvent) {
	g := m.generation(ev.On())
	if g == nil {
		return
	}
	boot, boots := g.State.(*Starting)
	switch ev := ev.(type) {
	case Started:
		m.started(g, ev)
	case Listening:
		switch {
		case boots:
			m.listening(g, boot, ev)
		case is[*Serving](g):
			m.listeningMore(g, ev)
		default: // clients may get to its gate all the same, and must be found there
			m.listens(g, ev)
		}
	case Closed:
		m.closed(g, ev.Endpoint)
	case Ready:
		if boots {
			m.saysReady(g, boot, ev)
		}
	case Unwell: // which only an older generation that can serve again makes a failure
		if h := m.reserve(); h != nil && is[*Serving](g) {
			m.failBack(g, h, ev.Why)
		}
	case Observed:
		m.observed(g, ev)
	case Handled:
		if is[*Draining](g) {
			g.Drain.Handle()
		}
	case Exited:
		m.exited(g, ev)
	case Gone:
		m.gone(g)
	}
}
