package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// relieve ends the service of g, because by serves now. While by is on probation, g is held and gets no signal, so that
// it can serve again at once. The connections that its clients keep are ended between two requests all the same, for
// people who reload a page. At most one generation is Held: an older one has seen its successor pass.
func (m *Machine) relieve(g, by *Generation) {
	m.retireReserve()
	// A generation that has lost its main process cannot serve again, nor may one stay that hides by. One without
	// endpoints would do its work beside by's.
	if m.policy.Probation <= 0 || m.policy.Strategy == policy.StopFirst || g.Exited ||
		handoff.Moved(g.Serves, by.Serves) || len(g.Serves) == 0 && m.policy.Strategy != policy.Overlap {
		m.retire(g, by.Gen)
		return
	}
	m.move(g, &Reserve{Successor: by.Gen, Until: m.after(m.policy.Probation)})
	m.out.Emit(Drain{Gen: g.Gen, Reserve: true})
}

// failBack steers back to h in the step in which g, on probation, turns out to have ended, or to be unwell, for the
// reason why. The rest of g drains. No generation starts: the disk still has the program of g, which would fail again.
func (m *Machine) failBack(g, h *Generation, why string) {
	m.failedSwaps++
	m.steerBack(g, h)
	m.out.Notify(report.NoticeRolledBack{
		Gen: g.Gen, To: h.Gen, Unwell: why, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.Served),
	})
}

// steerBack makes h, which is held, the serving generation again, instead of g.
func (m *Machine) steerBack(g, h *Generation) {
	m.out.Emit(Undrain{Gen: h.Gen}, Cutover{Gen: h.Gen})
	m.move(h, &Serving{RolledBackFrom: g.Gen})
	h.Drain = drain.Drain{}
	g.Failed = true
	if g.Exited && g.Left == 0 {
		m.move(g, &Over{Failed: true})
	} else {
		m.retire(g, h.Gen)
	}
}

// rollBack steers back to the generation that is held. A start or build that is under way or due would undo
// that, and is given up.
func (m *Machine) rollBack(tokens []report.Token) {
	g, to := m.serving(), m.reserve()
	if to == nil {
		m.out.Notify(report.NoticeNoRollback{})
		m.out.Answer(tokens, report.Result{Outcome: report.OutcomeNothing})
		return
	}
	if boot := m.starting(); boot != nil {
		m.dismiss(boot, to.Gen)
	}
	m.discardDue(report.Result{Outcome: report.OutcomeSuperseded, By: to.Gen})
	m.steerBack(g, to)
	m.backoff.Reset()
	m.out.Notify(report.NoticeRolledBack{Gen: g.Gen, To: to.Gen, Served: m.now.Sub(g.Served), ByHand: true})
	m.out.Answer(tokens, report.Result{Outcome: report.OutcomeRolledBack, Gen: to.Gen})
}

// discardDue gives up every start and build that is due or under way, but for a boot. The callers get r.
func (m *Machine) discardDue(r report.Result) {
	if m.due != nil {
		m.out.Answer(m.due.Tokens, r)
		m.due, m.dueAt = nil, time.Time{}
	}
	m.build.Discard(r)
}
