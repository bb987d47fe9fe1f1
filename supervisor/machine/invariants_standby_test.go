package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// standbyAudit is the auditor's own book of the standby, and of rehearsals.
type standbyAudit struct {
	is *aheadOf // nil: there is none

	unbegun map[GenID]bool // generations that begin their own code by standby.Resume → they wait
	useless GenID          // a generation of which nothing is left in this step, before its own code has begun; 0: none is

	inspecting GenID // 0: no generation is
	inspected  GenID // the last one that was, or is

	rehearses bool // one is under way
	halted    bool // it was told to end
	paused    bool // another hotswap begins the next generation
}

// inspects checks that the generation that serves is inspected, once, and beside no start.
func (a *auditor) inspects(m *Machine, fx standby.Inspect) {
	s := m.serving()
	a.want(s != nil && s.Gen == fx.Gen, "%d is inspected, which does not serve", fx.Gen)
	a.want(a.standby.inspected != fx.Gen, "%d is inspected twice", fx.Gen)
	a.besideNothing(m, fx)
	a.standby.inspecting, a.standby.inspected = fx.Gen, fx.Gen
}

// besideNothing checks that an effect comes only when nothing starts, and not at the end.
func (a *auditor) besideNothing(m *Machine, fx Effect) {
	a.want(m.starting() == nil && m.due == nil, "%#v beside a start", fx)
	a.want(!a.stopped, "%#v after stop", fx)
}

// begunAhead checks a standby that is begun: it has the next number, is alone, and is in nobody's
// way.
func (a *auditor) begunAhead(m *Machine, fx standby.Start) {
	a.want(a.standby.is == nil, "a standby for %d beside %+v", fx.Gen, a.standby.is)
	a.want(fx.Gen == m.last+1, "a standby for %d, and the newest generation is %d", fx.Gen, m.last)
	a.besideNothing(m, fx)
	s := m.serving()
	a.want(s == nil && fx.Model == 0 || s != nil && (fx.Model == s.Gen || fx.Model == 0 && s.Exited), "a standby after %d, which does not serve", fx.Model)
	a.standby.is = &aheadOf{gen: fx.Gen}
}

// rehearses checks a rehearsal that is begun: a standby was started, and no generation boots.
func (a *auditor) rehearses(m *Machine, fx standby.Rehearse) {
	b := &a.standby
	a.want(!b.rehearses, "a rehearsal beside another one")
	a.want(b.is != nil && !b.is.told, "a rehearsal, and this is the standby: %+v", b.is)
	a.besideNothing(m, fx)
	s := m.serving()
	a.want(s != nil && s.Gen == fx.Model, "a rehearsal after %d, which does not serve", fx.Model)
	b.rehearses, b.halted = true, false
}

// taken checks that a start takes the standby, if there is one.
func (a *auditor) taken(m *Machine, fx Start) {
	c := a.standby.is
	a.want(fx.Standby == (c != nil) && (c == nil || c.gen == fx.Gen), "start of %d: adopts %v, standby %+v", fx.Gen, fx.Standby, c)
	if fx.Standby || fx.Parked {
		a.standby.unbegun[fx.Gen] = c != nil && c.waits && !c.told
	}
	a.standby.is = nil
	if a.standby.inspecting != 0 {
		a.standby.inspecting, a.standby.inspected = 0, 0
	}
}

// heard notes the end of a standby, of a rehearsal or of an inspection.
func (a *auditor) heard(ev Event) {
	b := &a.standby
	switch ev := ev.(type) {
	case standby.Ended:
		if b.is != nil && b.is.gen == ev.Gen {
			b.is = nil
		} else if a.begun[ev.Gen] && !a.forgotten[ev.Gen] {
			b.useless = ev.Gen
		}
		delete(b.unbegun, ev.Gen)
	case standby.Waits:
		if c := b.is; c != nil && c.gen == ev.Gen && !c.told && !c.waits {
			c.waits = true
		}
		if _, ok := b.unbegun[ev.Gen]; ok {
			b.unbegun[ev.Gen] = true
		}
	case standby.Rehearsed:
		b.rehearses = false
	case standby.Inspected:
		if ev.Gen == b.inspecting {
			b.inspecting = 0
		}
	}
}

// startsCold checks that a generation starts in the usual way when nothing is left of it, and is wanted.
func (a *auditor) startsCold(m *Machine, gen GenID) {
	a.want(a.standby.useless == gen, "%d starts beside itself", gen)
	a.want(m.starting() != nil && m.starting().Gen == gen && !a.stopped, "%d starts, and is not wanted", gen)
	a.standby.useless = 0
}

// resumes checks that a generation begins its own code once, and not before it waits.
func (a *auditor) resumes(gen GenID) {
	waits, ok := a.standby.unbegun[gen]
	a.want(ok && waits, "%d begins its own code: it may %v, and waits %v", gen, ok, waits)
	delete(a.standby.unbegun, gen)
}

// goesOn checks that a start which has not begun its own code is not ended for a newer one.
func (a *auditor) goesOn(m *Machine, ev Event, effects []Effect) {
	r, ok := ev.(Request)
	if !ok || r.Cause == report.CauseFirst || len(r.Steps) > 0 || m.build.Busy() || r.Only || a.stopped {
		return
	}
	for gen := range a.standby.unbegun {
		if g := m.starting(); a.states[gen] == report.StateStarting && !a.overdue[gen] {
			a.want(g != nil && g.Gen == gen, "%d, which has not begun its own code, gave way to another one", gen)
		}
	}
}

// standbys checks what the machine says of the standby. FuzzStandby looks at the rest.
func (a *auditor) standbys(m *Machine) {
	st, b := m.Status().Standby, &a.standby
	a.want((st == nil) == (b.is == nil), "standby %+v, begun %+v", st, b.is)
	if st != nil && b.is != nil {
		want := report.StandbyStarting
		switch {
		case b.is.told:
			want = report.StandbyEnding
		case b.is.waits:
			want = report.StandbyWaiting
		}
		a.want(st.Generation == b.is.gen && st.State == want, "standby: %+v, begun %+v", *st, *b.is)
		a.want(st.Generation == m.last+1, "the standby is for %d, and the newest generation is %d", st.Generation, m.last)
	}
	a.want(!m.stopping && !b.paused || (b.is == nil || b.is.told) && (!b.rehearses || b.halted), "the standby, or the rehearsal, is not wanted, and not told to end")
	a.want(a.done == 0 || b.is == nil && !b.rehearses, "done while a standby or a rehearsal lives")
	a.want(len(m.numbers) == 0 || b.is != nil || b.rehearses, "nothing is left of a standby, and a reply is owed")
}
