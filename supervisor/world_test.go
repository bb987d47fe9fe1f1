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

	ahead     *aheadOf // nil: there is none
	rehearsal *aheadOf // nil: none is under way
	inspected GenID    // is being inspected; 0: none is
	build     *buildOf
	fails     bool   // builds do, at rest
	always    []Step // before each start that is asked for
	done      bool
	log       strings.Builder
}

// aheadOf is a standby or a rehearsal, as the kernel sees it.
type aheadOf struct {
	gen   GenID // 0: of a rehearsal
	told  bool  // to end
	waits bool

	// Only the auditor uses the next two.
	since time.Time
	boot  time.Duration // until it waited
}

// process is a tree of processes of one generation, as the kernel sees it.
type process struct {
	gen      GenID
	ahead    bool // was a standby
	unbegun  bool // its own code begins when it is resumed
	arrived  bool // it has come to where it waits
	spoiled  bool // it was a standby that was told to end, or had ended: it starts plainly
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
		if fx.standby && w.ahead != nil { // else its end is in the inbox
			p.arrived, p.spoiled = w.ahead.waits, w.ahead.told
		} else if fx.standby {
			p.spoiled = true
		}
		w.ahead = nil
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
		w.ahead = &aheadOf{gen: fx.gen}
	case fxStopStandby:
		if w.ahead != nil { // else its end is in the inbox
			w.ahead.told = true
		}
	case fxRehearse:
		w.rehearsal = &aheadOf{}
	case fxStopRehearsal:
		if w.rehearsal != nil { // else its end is in the inbox
			w.rehearsal.told = true
		}
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

// stir lets the standby get to where it waits, or end; or it ends the rehearsal.
func (w *world) stir(arg int) {
	if r := w.rehearsal; r != nil && (w.ahead == nil || arg == 9 || arg == 13) {
		end := evRehearsed{why: standbyFailed, learn: arg == 9}
		switch {
		case r.told && arg%2 == 0:
			end = evRehearsed{why: standbyAsked}
		case arg == 7:
			end = evRehearsed{why: standbyUnknown, err: ErrUnknown}
		case arg == 12:
			end = evRehearsed{why: standbyRefused, err: errNoGood}
		case arg == 13:
			end.err = errNoGood
		}
		w.rehearsal = nil
		w.report(end)
		return
	}
	a := w.ahead
	if a == nil {
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
	case arg == 11, arg == 5:
	case arg == 12:
		end.why = standbyRefused
	case arg == 7:
		end.why = standbyUnknown
	default:
		return
	}
	w.ahead = nil
	w.report(end)
}

// run takes a process further on its way to its own code.
func (w *world) run(p *process, arg int) {
	switch {
	case !p.unbegun:
		p.running = true
		w.report(evStarted{gen: p.gen, pid: 100 + int(p.gen), standby: p.ahead && !p.spoiled && arg%4 > 0})
	case arg%4 == 3 || p.spoiled:
		p.unbegun = false
		w.report(evCold{gen: p.gen})
	case !p.arrived:
		p.arrived = true
		w.report(evStandbyReady{gen: p.gen})
	}
}

// inspects ends the inspection.
func (w *world) inspects(learn bool, err error) {
	w.report(evInspected{gen: w.inspected, learn: learn, err: err})
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
