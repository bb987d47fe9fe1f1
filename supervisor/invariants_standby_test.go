package supervisor

// standbyAudit is the auditor's own book of the standbys.
type standbyAudit struct {
	all map[GenID]*aheadOf

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
	a.want(len(a.standby.all) < maxDepth, "a standby for %d beside %d", fx.gen, len(a.standby.all))
	for _, c := range a.standby.all {
		a.want(c.waits && c.gen < fx.gen, "a standby for %d beside %+v", fx.gen, *c)
	}
	a.want(!a.begun[fx.gen] && fx.gen > m.last, "a standby for %d, and the newest generation is %d", fx.gen, m.last)
	a.want(!a.stopped, "a standby for %d after stop", fx.gen)
	a.want(m.starting() == nil && m.canary() == nil && m.requested == nil, "a standby for %d beside a start", fx.gen)
	s := m.serving()
	a.want(s == nil && fx.model == 0 || s != nil && (fx.model == s.ID || fx.model == 0 && s.Exited), "a standby after %d, which does not serve", fx.model)
	a.want(m.standby.known, "a standby for %d, and nobody knows how", fx.gen)
	a.standby.all[fx.gen] = &aheadOf{gen: fx.gen}
}

// taken checks that a start takes the oldest standby that it may take.
func (a *auditor) taken(m *machine, fx fxStart) {
	c := a.standby.all[fx.gen]
	a.want(fx.standby == (c != nil) && (c == nil || c.mayBeTaken()), "start of %d: warm %v, standby %+v", fx.gen, fx.standby, c)
	for _, o := range a.standby.all {
		a.want(!o.mayBeTaken() || c != nil && c.gen <= o.gen, "start of %d does not take the standby for %d", fx.gen, o.gen)
		a.want(!fx.ahead || o.told, "start of %d is held by a plan that %d still tries", fx.gen, o.gen)
	}
	a.want(!fx.ahead || !fx.standby && m.standby.known, "start of %d: held %v, standby %v", fx.gen, fx.ahead, fx.standby)
	if fx.standby || fx.ahead {
		a.standby.unbegun[fx.gen] = c != nil && c.waits
	}
	delete(a.standby.all, fx.gen)
	if a.standby.inspecting != 0 {
		a.standby.inspecting, a.standby.inspected = 0, 0
	}
}

// passed checks that what is passed over is a trial that boots.
func (a *auditor) passed(m *machine, fx fxPassStandby) {
	c := a.standby.all[fx.gen]
	a.want(c != nil && !c.told && !c.mayBeTaken() && c.gen < m.last, "%d is passed over: %+v", fx.gen, c)
	c.passed = m.last
}

// heard notes the end of a standby, or of an inspection.
func (a *auditor) heard(ev event) {
	switch ev := ev.(type) {
	case evStandbyEnded:
		delete(a.standby.all, ev.gen)
	case evStandbyBegun:
		if c := a.standby.all[ev.gen]; c != nil {
			c.begun, c.trial = true, ev.trial
		}
	case evStandbyReady:
		if c := a.standby.all[ev.gen]; c != nil && !c.told {
			c.waits = true
		}
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
	if !ok || r.cause == CauseFirst || len(r.steps) > 0 || m.build != nil || r.only || a.stopped {
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
	a.want(len(w.all) == len(a.standby.all), "%d standbys, begun %d", len(w.all), len(a.standby.all))
	for i, s := range w.all {
		c := a.standby.all[s.gen]
		a.want(c != nil && s.stopped == c.told && s.waiting == c.waits && s.begun == c.begun && s.trial == c.trial, "standby: %v, begun %v", *s, c)
		a.want(s.gen > m.last || s.stopped || !c.begun && !c.waits || c.passed == m.last, "the standby is for %d, and the newest generation is %d", s.gen, m.last)
		a.want(i == 0 || w.all[i-1].gen < s.gen, "the standby for %d comes after that for %d", s.gen, w.all[max(i-1, 0)].gen)
		a.want(!m.stopping && !w.paused || s.stopped, "the standby for %d is not wanted, and not told to end", s.gen)
		a.want(a.done == 0, "done while a standby lives")
	}
	alive := 0
	for _, s := range w.all {
		if !s.stopped {
			alive++
		}
	}
	a.want(1 <= w.depth && w.depth <= maxDepth && alive <= w.depth, "%d standbys, wanted %d", alive, w.depth)
	a.want(w.depth == 1 || !w.lower.IsZero() || m.stopping, "%d standbys for ever", w.depth)
	around := m.surroundings()
	a.want(!w.mayBegin(around) || w.again, "a standby is wanted, nothing is in its way, and none begins")
	inspect := around.model != 0 && around.model != a.standby.inspected && w.canMake(around)
	armed := !w.at.IsZero()
	a.want(armed == (w.mayBegin(around) || inspect), "a standby is due: %v, calm: %v, its timer armed: %v", w.due, w.canMake(around), armed)
	a.want(len(m.handed) == 0 || len(w.all) > 0, "no standby is left, and a reply is owed")
}
