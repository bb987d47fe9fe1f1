package supervisor

// standbyAudit is the auditor's own book of the standby.
type standbyAudit struct {
	gen    GenID // 0: there is none
	cooled bool

	prepared bool
}

// begunAhead checks a standby that is begun: it is the next generation's, alone,
// and in nobody's way.
func (a *auditor) begunAhead(m *machine, fx fxWarm) {
	a.want(a.standby.gen == 0, "a standby for %d beside that for %d", fx.gen, a.standby.gen)
	a.want(!a.begun[fx.gen] && fx.gen == m.last+1, "a standby for %d, and the next one is %d", fx.gen, m.last+1)
	a.want(!a.stopped, "a standby for %d after stop", fx.gen)
	a.want(m.starting() == nil && m.canary() == nil && m.pending == nil, "a standby for %d beside a start", fx.gen)
	s := m.serving()
	a.want(s == nil && fx.model == 0 || s != nil && (fx.model == s.ID || fx.model == 0 && s.Exited), "a standby after %d, which does not serve", fx.model)
	a.standby = standbyAudit{gen: fx.gen}
}

// announced checks that a standby prepares itself once, and nothing starts beside it.
func (a *auditor) announced(m *machine, fx fxPrepare) {
	a.want(a.standby.gen == fx.gen && !a.standby.cooled && !a.standby.prepared, "%d prepares itself: %+v", fx.gen, a.standby)
	a.want(m.starting() == nil && m.canary() == nil && m.pending == nil && !a.stopped, "%d prepares itself beside a start", fx.gen)
	a.standby.prepared = true
}

// taken checks that a start takes the standby if there is one, and no other.
func (a *auditor) taken(fx fxStart) {
	a.want(fx.warm == (a.standby.gen != 0), "start of %d: warm %v, standby for %d", fx.gen, fx.warm, a.standby.gen)
	a.want(!fx.spoilt || a.standby.prepared, "start of %d takes a standby that is spoilt, and had prepared nothing", fx.gen)
	a.want(!fx.warm || a.standby.gen == fx.gen, "start of %d takes the standby for %d", fx.gen, a.standby.gen)
	a.standby = standbyAudit{}
}

// heard notes the end of a standby.
func (a *auditor) heard(ev event) {
	if c, ok := ev.(evCooled); ok && c.gen == a.standby.gen {
		a.standby = standbyAudit{}
	}
}

// standbys checks what the machine says of the standby.
func (a *auditor) standbys(m *machine) {
	w := &m.standbys
	a.want((w.standby != nil) == (a.standby.gen != 0), "standby: %v, begun for %d", w.standby, a.standby.gen)
	if w.standby != nil {
		a.want(w.standby.id == a.standby.gen && w.standby.cooled == a.standby.cooled, "standby: %v, begun %v", *w.standby, a.standby)
		a.want(w.standby.id == m.last+1, "the standby is for %d, and the next generation is %d", w.standby.id, m.last+1)
		a.want(!m.stopping && !w.paused || w.standby.cooled, "the standby for %d is not wanted, and not told to end", w.standby.id)
		a.want(a.done == 0, "done while a standby lives")
	}
	armed := !w.at.IsZero()
	a.want(armed == (m.calm() && (w.due && w.standby == nil || a.standby.prepared && !a.standby.cooled)), "a standby is due: %v, calm: %v, its timer armed: %v", w.due, m.calm(), armed)
	a.want(len(m.handed) == 0 || w.standby != nil, "no standby is left, and a reply is owed")
}
