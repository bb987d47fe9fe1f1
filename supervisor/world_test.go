package supervisor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// world is an environment for a machine: processes that start, listen and die
// in any order, timers, people. What it reports goes through an inbox, so that
// the machine hears it late, as it does in life.
type world struct {
	t     *testing.T
	m     *machine
	a     *auditor
	now   time.Time
	inbox []event
	procs []*process // oldest first
	token token

	ahead     []*aheadOf
	inspected GenID // is being inspected; 0: none is
	build     *buildOf
	fails     bool   // builds do, at rest
	always    []Step // before each start that is asked for
	done      bool
	log       strings.Builder
}

// aheadOf is a standby, as the kernel sees it.
type aheadOf struct {
	gen   GenID
	told  bool // to end
	begun bool // hotswap knows whether it is a trial
	trial bool // it is none that a generation may take before it waits
	waits bool

	passed GenID // the newest generation that has not taken it, although it is older; 0: none
}

func (a *aheadOf) mayBeTaken() bool { return !a.told && (a.waits || a.begun && !a.trial) }

// process is a tree of processes of one generation, as the kernel sees it.
type process struct {
	gen      GenID
	ahead    bool // was a standby
	unbegun  bool // its own code begins when it is resumed
	arrived  bool // it has come to where it waits
	doomed   bool // it was told to end before its own code began
	running  bool // has started
	ended    bool // its main process has ended
	left     int  // how many it left behind
	gone     bool // nothing is left, or nothing ever was
	signaled bool
	killed   bool
	watched  bool               // its connections are watched
	binds    []handoff.Endpoint // its gates, debuggers' too
	waits    bool               // for a debugger
	settled  bool               // it has booted to the end, at rest
	blocked  GenID              // a call of it waits until that one has ended; 0: none does
}

func newWorld(t *testing.T, p Policy) *world {
	w := &world{t: t, m: newMachine(p), a: newAuditor(), now: epoch}
	w.m.bug = func(why string) { t.Fatalf("bug: %s\n%s", why, w.log.String()) }
	return w
}

// report puts events in the inbox.
func (w *world) report(events ...event) { w.inbox = append(w.inbox, events...) }

// deliver takes the oldest event from the inbox to the machine.
func (w *world) deliver() bool {
	if len(w.inbox) == 0 {
		return false
	}
	ev := w.inbox[0]
	w.inbox = w.inbox[1:]
	if r, ok := ev.(evRequest); ok {
		ev = complete(r, w.m, w.always)
	}
	effects := w.m.step(w.now, ev)
	fmt.Fprintf(&w.log, "%7.3f %s\n", w.now.Sub(epoch).Seconds(), sayEvent(ev))
	for _, fx := range effects {
		fmt.Fprintf(&w.log, "          %s\n", sayEffect(fx))
		w.do(fx)
	}
	if err := w.a.check(w.m, w.now, ev, effects); err != nil {
		w.t.Fatalf("invariant: %v\n%s", err, w.log.String())
	}
	if _, ok := ev.(evTick); ok {
		w.tick() // another deadline may have passed
	}
	return true
}

// do carries an effect out.
func (w *world) do(fx effect) {
	switch fx := fx.(type) {
	case fxStart:
		p := &process{gen: fx.gen, ahead: fx.standby, unbegun: fx.standby || fx.ahead}
		if i := w.standby(fx.gen); i >= 0 {
			p.arrived = w.ahead[i].waits
			w.ahead = slices.Delete(w.ahead, i, i+1)
		}
		w.procs = append(w.procs, p)
		w.inspected = 0
		w.inbox = slices.DeleteFunc(w.inbox, func(ev event) bool { _, ok := ev.(evInspected); return ok })
		// The loop drops what comes late of a standby that was taken.
		w.inbox = slices.DeleteFunc(w.inbox, func(ev event) bool { c, ok := ev.(evStandbyEnded); return ok && c.gen == fx.gen })
	case fxResume:
		w.proc(fx.gen).unbegun = false
	case fxInspect:
		w.inspected = fx.gen
	case fxStartStandby:
		w.ahead = append(w.ahead, &aheadOf{gen: fx.gen})
	case fxStopStandby:
		w.ahead[w.standby(fx.gen)].told = true
	case fxBuild:
		w.build = &buildOf{id: fx.build, steps: fx.steps}
	case fxBuildGoesOn:
		if w.build != nil {
			w.build.asked, w.build.alone = false, true
		}
	case fxYieldBuild:
		if b := w.build; b != nil && len(without(b.steps, fx.to)) < len(b.steps) {
			b.told = true
		} else if b != nil {
			b.yields = true
		}
	case fxStopBuild:
		if w.build != nil {
			w.build.told = true
		}
	case fxDrain:
		w.proc(fx.gen).watched = !fx.held
	case fxUndrain:
		// The loop drops what the watch reports late.
		w.proc(fx.gen).watched = false
		w.inbox = slices.DeleteFunc(w.inbox, func(ev event) bool {
			g, ok := ev.(genEvent)
			return ok && g.about() == fx.gen && (g.kind() == kindQuiet || g.kind() == kindDrained)
		})
	case fxSignal:
		p := w.proc(fx.gen)
		p.doomed = p.doomed || p.unbegun
		p.signaled, p.killed = p.signaled || p.running && !fx.kill, p.killed || p.running && fx.kill
	case fxForget:
		if p := w.proc(fx.gen); !p.gone {
			w.t.Fatalf("generation %d forgotten while it runs\n%s", fx.gen, w.log.String())
		}
		w.procs = slices.DeleteFunc(w.procs, func(p *process) bool { return p.gen == fx.gen })
	case fxDone:
		w.done = true
	}
}

func (w *world) proc(gen GenID) *process {
	for _, p := range w.procs {
		if p.gen == gen {
			return p
		}
	}
	w.t.Fatalf("no process %d\n%s", gen, w.log.String())
	return nil
}

// pass lets time go by; a tick goes to the inbox when a deadline has passed.
func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	w.tick()
}

func (w *world) tick() {
	if at := w.m.nextDeadline(); !at.IsZero() && !at.After(w.now) {
		w.report(evTick{})
	}
}

// exit ends the main process.
func (w *world) exit(p *process, e Exit, left int) {
	p.ended, p.left = true, left
	w.report(evExited{p.gen, e, left})
}

// bind makes a gate.
func (w *world) bind(p *process, e handoff.Endpoint) {
	p.binds = append(p.binds, e)
	w.report(evListening{gen: p.gen, endpoint: e, debugger: e == portD, waits: e == portD && p.waits})
}

// vanish ends what is left.
func (w *world) vanish(p *process) {
	p.gone = true
	w.report(evGone{p.gen})
	for _, q := range w.procs {
		if q.blocked == p.gen && !q.gone {
			q.blocked = 0
			w.report(evBlocked{gen: q.gen})
		}
	}
}

// contend has p want what the oldest one has.
func (w *world) contend(p *process) {
	if p == nil || p.blocked != 0 {
		return
	}
	i := slices.IndexFunc(w.procs, func(q *process) bool { return q.gen < p.gen && q.running && !q.gone })
	if i >= 0 {
		p.blocked = w.procs[i].gen
		w.report(evBlocked{gen: p.gen, by: p.blocked, address: "/app.sock"})
		return
	}
	w.report(evListening{gen: p.gen, unix: "/app.sock"})
}

// standby returns where the standby of that number is.
func (w *world) standby(gen GenID) int {
	return slices.IndexFunc(w.ahead, func(a *aheadOf) bool { return a.gen == gen })
}

// stir lets a standby get to where it waits, or end.
func (w *world) stir(arg int) {
	if len(w.ahead) == 0 {
		return
	}
	a := w.ahead[len(w.ahead)-1] // the others wait
	for _, o := range w.ahead {
		if o.told {
			a = o
		}
	}
	if (arg == 9 || arg == 3) && !a.begun && !a.waits {
		a.begun, a.trial = true, arg == 9
		w.report(evStandbyBegun{gen: a.gen, trial: a.trial})
		return
	}
	end := evStandbyEnded{gen: a.gen, why: standbyFailed, err: errNoGood}
	switch {
	case a.told && arg%2 == 0:
		end.why, end.err = standbyAsked, nil
	case !a.waits && arg < 11 && arg != 5 && arg != 7:
		a.waits = true
		w.report(evStandbyReady{gen: a.gen})
		return
	case arg == 11:
	case arg == 12:
		end.why = standbyRefused
	case arg == 13:
		end.why = standbyDiscarded
	case arg == 5:
		end.why = standbyOutdated
	case arg == 7:
		end.why = standbyUnknown
	default:
		return
	}
	w.ahead = slices.DeleteFunc(w.ahead, func(o *aheadOf) bool { return o == a })
	w.report(end)
}

// run takes a process further on its way to its own code.
func (w *world) run(p *process, arg int) {
	switch {
	case !p.unbegun:
		p.running = true
		w.report(evStarted{gen: p.gen, pid: 100 + int(p.gen), standby: p.ahead && arg%4 > 0})
	case arg%4 == 3:
		p.unbegun = false
		w.report(evCold{gen: p.gen})
	case !p.arrived:
		p.arrived = true
		w.report(evStandbyReady{gen: p.gen})
	}
}

// inspects ends the inspection.
func (w *world) inspects(err error) {
	w.report(evInspected{gen: w.inspected, err: err})
	w.inspected = 0
}

// obey lets every process that was told to end do so.
func (w *world) obey() bool {
	busy := false
	for _, p := range slices.Clone(w.procs) {
		if p.unbegun && p.doomed && !p.gone {
			busy, p.gone = true, true
			w.report(failedStart(p.gen, nil))
			continue
		}
		if p.gone || !p.running || !p.signaled && !p.killed {
			continue
		}
		busy = true
		if !p.ended {
			w.exit(p, Exit{Signal: 15}, 0)
		}
		w.vanish(p)
	}
	return busy
}
