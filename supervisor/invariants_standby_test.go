package supervisor

// standbyAudit is the auditor's own book of the standby.
type standbyAudit struct {
	gen     GenID // 0: there is none
	stopped bool

	waits   bool           // that of gen does
	unbegun map[GenID]bool // generations that begin their own code by fxResume → they wait

	inspecting GenID // 0: no generation is
	inspected  GenID // the last one that was, or is
}

// inspects checks that the generation that serves is inspected, once, and beside no start.
func (a *auditor) inspects(m *machine, fx fxInspect) {
	s := m.serving()
	a.want(s != nil && s.ID == fx.gen, "%d is inspected, which does not serve", fx.gen)
	a.want(a.standby.inspected != fx.gen, "%d is inspected twice", fx.gen)
	a.want(m.starting() == nil && m.canary() == nil && m.requested == nil && !a.stopped, "%d is inspected beside a start", fx.gen)
	a.standby.inspecting, a.standby.inspected = fx.gen, fx.gen
}

// begunAhead checks a standby that is begun: it is the next generation's, alone,
// and in nobody's way.
func (a *auditor) begunAhead(m *machine, fx fxStartStandby) {
	a.want(a.standby.gen == 0, "a standby for %d beside that for %d", fx.gen, a.standby.gen)
	a.want(!a.begun[fx.gen] && fx.gen == m.last+1, "a standby for %d, and the next one is %d", fx.gen, m.last+1)
	a.want(!a.stopped, "a standby for %d after stop", fx.gen)
	a.want(m.starting() == nil && m.canary() == nil && m.requested == nil, "a standby for %d beside a start", fx.gen)
	s := m.serving()
	a.want(s == nil && fx.model == 0 || s != nil && (fx.model == s.ID || fx.model == 0 && s.Exited), "a standby after %d, which does not serve", fx.model)
	a.want(m.standby.known, "a standby for %d, and nobody knows how", fx.gen)
	a.standby.gen, a.standby.stopped, a.standby.waits = fx.gen, false, false
}

// taken checks that a start takes the standby if there is one, and no other.
func (a *auditor) taken(m *machine, fx fxStart) {
	a.want(fx.standby == (a.standby.gen != 0), "start of %d: warm %v, standby for %d", fx.gen, fx.standby, a.standby.gen)
	a.want(!fx.standby || a.standby.gen == fx.gen, "start of %d takes the standby for %d", fx.gen, a.standby.gen)
	a.want(!fx.ahead || !fx.standby && m.standby.known, "start of %d: held %v, standby %v", fx.gen, fx.ahead, fx.standby)
	if fx.standby || fx.ahead {
		a.standby.unbegun[fx.gen] = fx.standby && a.standby.waits
	}
	a.standby.gen = 0
	if a.standby.inspecting != 0 {
		a.standby.inspecting, a.standby.inspected = 0, 0
	}
}

// heard notes the end of a standby, or of an inspection.
func (a *auditor) heard(ev event) {
	switch ev := ev.(type) {
	case evStandbyEnded:
		if ev.gen == a.standby.gen {
			a.standby.gen = 0
		}
	case evStandbyReady:
		a.standby.waits = a.standby.waits || ev.gen == a.standby.gen
		if _, ok := a.standby.unbegun[ev.gen]; ok {
			a.standby.unbegun[ev.gen] = true
		}
	case evCold:
		delete(a.standby.unbegun, ev.gen)
	}
	if c, ok := ev.(evInspected); ok && c.gen == a.standby.inspecting {
		a.standby.inspecting = 0
	}
}

// resumes checks that a generation begins its own code once, and not before it waits.
func (a *auditor) resumes(gen GenID) {
	waits, ok := a.standby.unbegun[gen]
	a.want(ok && waits, "%d begins its own code: it may %v, and waits %v", gen, ok, waits)
	delete(a.standby.unbegun, gen)
}

// goesOn checks that a start which has not begun its own code is not ended for a newer one.
func (a *auditor) goesOn(m *machine, ev event, effects []effect) {
	r, ok := ev.(evRequest)
	if !ok || r.cause == CauseFirst || m.policy.Build || a.stopped {
		return
	}
	for gen := range a.standby.unbegun {
		if g := m.starting(); a.states[gen] == StateStarting && !a.overdue[gen] {
			a.want(g != nil && g.ID == gen, "%d, which has not begun its own code, gave way to another one", gen)
		}
	}
}

// standbys checks what the machine says of the standby.
func (a *auditor) standbys(m *machine) {
	w := &m.standby
	a.want((w.current != nil) == (a.standby.gen != 0), "standby: %v, begun for %d", w.current, a.standby.gen)
	if w.current != nil {
		a.want(w.current.gen == a.standby.gen && w.current.stopped == a.standby.stopped, "standby: %v, begun %v", *w.current, a.standby)
		a.want(w.current.gen == m.last+1, "the standby is for %d, and the next generation is %d", w.current.gen, m.last+1)
		a.want(!m.stopping && !w.paused || w.current.stopped, "the standby for %d is not wanted, and not told to end", w.current.gen)
		a.want(a.done == 0, "done while a standby lives")
	}
	around := m.surroundings()
	a.want(!w.mayBegin(around) || w.again, "a standby is wanted, nothing is in its way, and none begins")
	inspect := around.model != 0 && around.model != a.standby.inspected && w.canMake(around)
	armed := !w.at.IsZero()
	a.want(armed == (w.mayBegin(around) || inspect), "a standby is due: %v, calm: %v, its timer armed: %v", w.due, w.canMake(around), armed)
	a.want(len(m.handed) == 0 || w.current != nil, "no standby is left, and a reply is owed")
}
