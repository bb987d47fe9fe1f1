package supervisor

import "time"

// standbyAudit is the auditor's own book of the standby, and of rehearsals.
type standbyAudit struct {
	is *aheadOf // nil: there is none

	unbegun map[GenID]bool          // generations that begin their own code by fxResume → they wait
	spared  map[GenID]time.Duration // how long the standby had booted that a generation has adopted

	inspecting GenID // 0: no generation is
	inspected  GenID // the last one that was, or is

	learn     bool // a rehearsal is wanted
	rehearses bool // one is under way
	halted    bool // it was told to end
}

// inspects checks that the generation that serves is inspected, once, and beside no start.
func (a *auditor) inspects(m *machine, fx fxInspect) {
	s := m.serving()
	a.want(s != nil && s.ID == fx.gen, "%d is inspected, which does not serve", fx.gen)
	a.want(a.standby.inspected != fx.gen, "%d is inspected twice", fx.gen)
	a.besideNothing(m, fx)
	a.standby.inspecting, a.standby.inspected = fx.gen, fx.gen
}

// besideNothing checks that an effect comes only when nothing starts, and not at the end.
func (a *auditor) besideNothing(m *machine, fx effect) {
	a.want(m.starting() == nil && m.requested == nil, "%#v beside a start", fx)
	a.want(!a.stopped, "%#v after stop", fx)
}

// begunAhead checks a standby that is begun: it has the next number, is alone, and is in nobody's
// way.
func (a *auditor) begunAhead(m *machine, now time.Time, fx fxStartStandby) {
	a.want(a.standby.is == nil && !a.standby.rehearses, "a standby for %d beside %+v, or beside a rehearsal: %v", fx.gen, a.standby.is, a.standby.rehearses)
	a.want(!a.standby.learn || fx.model == 0, "a standby for %d, and a rehearsal is wanted", fx.gen)
	a.want(fx.gen == m.last+1, "a standby for %d, and the newest generation is %d", fx.gen, m.last)
	a.besideNothing(m, fx)
	s := m.serving()
	a.want(s == nil && fx.model == 0 || s != nil && (fx.model == s.ID || fx.model == 0 && s.Exited), "a standby after %d, which does not serve", fx.model)
	a.want(m.standby.known, "a standby for %d, and nobody knows how", fx.gen)
	a.standby.is = &aheadOf{gen: fx.gen, since: now}
}

// rehearses checks a rehearsal that is begun: it is wanted, and no standby boots beside it.
func (a *auditor) rehearses(m *machine, fx fxRehearse) {
	b := &a.standby
	a.want(b.learn && !b.rehearses, "a rehearsal that is wanted: %v, beside another one: %v", b.learn, b.rehearses)
	a.want(b.is == nil || b.is.waits, "a rehearsal beside a standby that boots: %+v", b.is)
	a.besideNothing(m, fx)
	s := m.serving()
	a.want(s != nil && s.ID == fx.model, "a rehearsal after %d, which does not serve", fx.model)
	b.learn, b.rehearses, b.halted = false, true, false
}

// taken checks that a start takes the standby, if there is one.
func (a *auditor) taken(m *machine, now time.Time, fx fxStart) {
	c := a.standby.is
	a.want(fx.standby == (c != nil) && (c == nil || c.gen == fx.gen), "start of %d: adopts %v, standby %+v", fx.gen, fx.standby, c)
	a.want(!fx.ahead || !fx.standby && m.standby.known, "start of %d: held %v, standby %v", fx.gen, fx.ahead, fx.standby)
	if fx.standby || fx.ahead {
		a.standby.unbegun[fx.gen] = c != nil && c.waits && !c.told
	}
	if c != nil {
		a.standby.spared[fx.gen] = now.Sub(c.since)
		if c.waits && !c.told {
			a.standby.spared[fx.gen] = c.boot
		}
	}
	a.standby.is = nil
	if a.standby.inspecting != 0 {
		a.standby.inspecting, a.standby.inspected = 0, 0
	}
}

// heard notes the end of a standby, of a rehearsal or of an inspection.
func (a *auditor) heard(now time.Time, ev event) {
	b := &a.standby
	switch ev := ev.(type) {
	case evStandbyEnded:
		if b.is != nil && b.is.gen == ev.gen {
			b.is = nil
		}
	case evStandbyReady:
		if c := b.is; c != nil && c.gen == ev.gen && !c.told && !c.waits {
			c.waits, c.boot = true, now.Sub(c.since)
		}
		if _, ok := b.unbegun[ev.gen]; ok {
			b.unbegun[ev.gen] = true
		}
	case evCold:
		delete(b.unbegun, ev.gen)
	case evRehearsed:
		if b.rehearses {
			b.learn = b.learn || ev.learn || ev.why == standbyAsked
			b.rehearses = false
		}
	case evInspected:
		if ev.gen == b.inspecting {
			b.inspecting = 0
			if ev.err == nil {
				b.learn = ev.learn
			}
		}
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

// standbys checks what the machine says of the standby, and of the rehearsal.
func (a *auditor) standbys(m *machine) {
	w, b := &m.standby, &a.standby
	if !w.known {
		b.learn = w.learn // it does not count
	}
	a.want((w.is == nil) == (b.is == nil), "standby %+v, begun %+v", w.is, b.is)
	if w.is != nil && b.is != nil {
		s, c := w.is, b.is
		a.want(s.gen == c.gen && s.stopped == c.told && s.waiting == c.waits && s.boot == c.boot, "standby: %+v, begun %+v", *s, *c)
		a.want(s.gen == m.last+1, "the standby is for %d, and the newest generation is %d", s.gen, m.last)
	}
	a.want(w.rehearses == b.rehearses && w.learn == b.learn, "rehearses %v, begun %v; wanted %v, %v", w.rehearses, b.rehearses, w.learn, b.learn)
	a.want(!m.stopping && !w.paused || (b.is == nil || b.is.told) && (!b.rehearses || b.halted), "the standby, or the rehearsal, is not wanted, and not told to end")
	a.want(a.done == 0 || b.is == nil && !b.rehearses, "done while a standby or a rehearsal lives")
	around := m.surroundings()
	rehearse := b.learn && w.known && !b.rehearses && (b.is == nil || b.is.waits) && around.model != 0 && w.canMake(around)
	a.want(!w.mayBegin(around) && !rehearse || w.again, "a standby or a rehearsal is wanted, nothing is in its way, and none begins")
	inspect := around.model != 0 && around.model != b.inspected && w.canMake(around)
	armed := !w.at.IsZero()
	a.want(armed == (w.mayBegin(around) || inspect || rehearse), "a standby is due: %v, calm: %v, its timer armed: %v", w.due, w.canMake(around), armed)
	a.want(len(m.handed) == 0 || b.is != nil || b.rehearses, "nothing is left of a standby, and a reply is owed")
}
