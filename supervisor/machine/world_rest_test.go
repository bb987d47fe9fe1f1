package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// program is how processes behave once the world has come to rest.
type program uint8

const (
	programServes program = iota
	programFails
	programHangs
	programCount
)

// rest lets the world run by rules, without surprises, until nothing changes or
// until it has gone on for long enough.
func (w *world) rest(kind program) {
	for range 400 {
		for w.deliver() {
		}
		if w.done {
			return
		}
		busy := w.obey()
		if w.m.barred && !w.m.stopping { // what comes of an upgrade is known some day
			busy = true
			w.report(Command{Do: Thaw})
		}
		if w.m.asleep != nil { // a client comes some day
			busy = true
			w.report(Request{Cause: report.CauseClient})
		}
		if w.inspected != 0 {
			busy = true
			w.inspects(false, nil)
		}
		if w.rehearsal != nil || w.ahead != nil && (w.ahead.told || !w.ahead.waits) {
			busy = true
			w.stir(8)
		}
		if w.build != nil && (!w.build.asked || w.build.told) {
			busy = true
			w.built(w.fails)
		}
		for _, p := range slices.Clone(w.procs) {
			switch {
			case p.gone:
			case !p.running:
				busy = busy || !p.unbegun || !p.arrived
				w.run(p, 1)
			case p.ended && (p.left == 0 || kind != programHangs):
				w.vanish(p) // the rest follows the wrapper
				busy = true
			case p.watched:
				p.watched, busy = false, true
				w.drained(p)
			case !p.settled && kind == programServes && !p.ended:
				p.settled, busy = true, true
				if len(p.binds) == 0 || w.m.serving() == nil || w.m.serving().Gen != p.gen {
					w.bind(p, portA)
					w.bind(p, portB)
				}
				w.report(Ready{Gen: p.gen, By: "notify"})
			case len(p.binds) == 0 && kind == programFails && !p.ended:
				w.exit(p, report.Exit{Code: 1}, 0)
				w.vanish(p)
				busy = true
			}
		}
		if !busy {
			if w.m.NextDeadline().IsZero() {
				return
			}
			w.pass(time.Second)
		}
	}
	for w.deliver() {
	}
}

// alive checks that the machine has not gone to sleep: it has ended if it was
// told to, or something serves or boots, or it knows what it waits for.
func (w *world) alive(kind program) {
	phase := w.m.Status().State
	ok := false
	switch phase {
	case report.PhaseServing, report.PhaseStopped, report.PhaseRunning:
		ok = true
	case report.PhaseWaiting:
		ok = (w.m.policy.Watching || w.m.everServed) && w.build == nil // for a command at least
	case report.PhaseRestarting:
		ok = !w.m.NextDeadline().IsZero()
	case report.PhaseStarting:
		// Also between two of the endless restarts of a program that fails.
		ok = kind != programServes && (len(w.procs) > 0 || !w.m.NextDeadline().IsZero())
	}
	if kind == programServes && phase == report.PhaseRestarting {
		ok = false
	}
	if !ok {
		w.t.Fatalf("at rest (program %d) the machine is %q with %d processes\n%s", kind, phase, len(w.procs),
			w.log.String())
	}
}
