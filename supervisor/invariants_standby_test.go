package supervisor

// standbyAudit is the auditor's own book of the standby.
type standbyAudit struct {
	gen     GenID // 0: there is none
	stopped bool
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
	a.standby = standbyAudit{gen: fx.gen}
}

// taken checks that a start takes the standby if there is one, and no other.
func (a *auditor) taken(fx fxStart) {
	a.want(fx.standby == (a.standby.gen != 0), "start of %d: warm %v, standby for %d", fx.gen, fx.standby, a.standby.gen)
	a.want(!fx.standby || a.standby.gen == fx.gen, "start of %d takes the standby for %d", fx.gen, a.standby.gen)
	a.standby = standbyAudit{}
}

// heard notes the end of a standby.
func (a *auditor) heard(ev event) {
	if c, ok := ev.(evStandbyEnded); ok && c.gen == a.standby.gen {
		a.standby = standbyAudit{}
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
	armed := !w.at.IsZero()
	a.want(armed == (w.canMake(m.surroundings()) && w.due && w.current == nil), "a standby is due: %v, calm: %v, its timer armed: %v", w.due, w.canMake(m.surroundings()), armed)
	a.want(len(m.handed) == 0 || w.current != nil, "no standby is left, and a reply is owed")
}
