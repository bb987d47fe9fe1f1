package machine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// world is an environment for a machine: processes that start, listen and die
// in any order, timers, people. What it reports goes through an inbox, so that
// the machine hears it late, as it does in life.
type world struct {
	t     *testing.T
	m     *Machine
	a     *auditor
	now   time.Time
	inbox []Event
	procs []*process // oldest first
	token report.Token

	ahead     *aheadOf // nil: there is none
	rehearsal *aheadOf // nil: none is under way
	inspected GenID    // is being inspected; 0: none is
	build     *buildOf
	fails     bool          // builds do, at rest
	always    []report.Step // before each start that is asked for
	done      bool
	log       strings.Builder
}

// aheadOf is a standby or a rehearsal, as the kernel sees it.
type aheadOf struct {
	gen   GenID // 0: of a rehearsal
	told  bool  // to end
	waits bool
}

// process is a tree of processes of one generation, as the kernel sees it.
type process struct {
	gen      GenID
	ahead    bool // was a standby
	unbegun  bool // its own code begins when it is resumed
	waiter   bool // it was started so that it waits, and is not over
	arrived  bool // it has come to where it waits
	spoiled  bool // it was a standby that was told to end
	doomed   bool // it was told to end before its own code began
	running  bool // has started
	ended    bool // its main process has ended
	left     int  // how many it left behind
	gone     bool // nothing is left, or nothing ever was
	signaled bool
	killed   bool
	watched  bool               // its connections are watched
	flows    int                // answers that are being sent and read
	binds    []handoff.Endpoint // its gates, debuggers' too
	waits    bool               // for a debugger
	settled  bool               // it has booted to the end, at rest
}

func newWorld(t *testing.T, p Policy) *world {
	return &world{t: t, m: New(p, Past{}), a: newAuditor(), now: epoch}
}

// report puts events in the inbox.
func (w *world) report(events ...Event) { w.inbox = append(w.inbox, events...) }

// deliver takes the oldest event from the inbox to the machine.
func (w *world) deliver() bool {
	if len(w.inbox) == 0 {
		return false
	}
	ev := w.inbox[0]
	w.inbox = w.inbox[1:]
	if r, ok := ev.(Request); ok && r.Cause != report.CauseClient {
		r.Steps = merged(w.always, r.Steps)
		ev = r
	}
	effects := w.m.Step(w.now, ev)
	fmt.Fprintf(&w.log, "%7.3f %s\n", w.now.Sub(epoch).Seconds(), sayEvent(ev))
	for _, fx := range effects {
		fmt.Fprintf(&w.log, "          %s\n", sayEffect(fx))
		w.do(fx)
	}
	if err := w.a.check(w.m, w.now, ev, effects); err != nil {
		w.t.Fatalf("invariant: %v\n%s", err, w.log.String())
	}
	if _, ok := ev.(Tick); ok {
		w.tick() // another deadline may have passed
	}
	return true
}

// do carries an effect out.
func (w *world) do(fx Effect) {
	switch fx := fx.(type) {
	case Start:
		p := &process{gen: fx.Gen, ahead: fx.Standby, unbegun: fx.Standby || fx.Parked, waiter: fx.Standby || fx.Parked}
		if fx.Standby && w.ahead != nil {
			p.arrived, p.spoiled = w.ahead.waits, w.ahead.told
		} else if fx.Standby { // its end is in the inbox
			p.gone, p.unbegun = true, false
		}
		w.ahead = nil
		w.procs = append(w.procs, p)
		w.inspected = 0
		w.inbox = slices.DeleteFunc(w.inbox, func(ev Event) bool { _, ok := ev.(standby.Inspected); return ok })
	case standby.Resume:
		w.proc(fx.Gen).unbegun = false
	case standby.Cold:
		p := w.proc(fx.Gen)
		if !p.gone || p.running {
			w.t.Fatalf("generation %d starts beside itself\n%s", fx.Gen, w.log.String())
		}
		*p = process{gen: fx.Gen}
	case standby.Inspect:
		w.inspected = fx.Gen
	case standby.Start:
		w.ahead = &aheadOf{gen: fx.Gen}
	case standby.Stop:
		if w.ahead != nil { // else its end is in the inbox
			w.ahead.told = true
		}
	case standby.Rehearse:
		w.rehearsal = &aheadOf{}
	case standby.StopRehearsal:
		if w.rehearsal != nil { // else its end is in the inbox
			w.rehearsal.told = true
		}
	case build.Run:
		w.build = &buildOf{id: fx.Build, step: fx.Step}
	case build.GoOn:
		if w.build != nil {
			w.build.asked, w.build.alone = false, true
		}
	case build.Stop:
		if w.build != nil {
			w.build.told = true
		}
	case Drain:
		w.proc(fx.Gen).watched = !fx.Reserve
	case Undrain:
		// The loop drops what the watch reports late.
		w.proc(fx.Gen).watched = false
		w.inbox = slices.DeleteFunc(w.inbox, func(ev Event) bool {
			o, observed := ev.(Observed)
			return observed && o.Gen == fx.Gen
		})
	case Quiet:
		w.report(Handled{Gen: fx.Gen})
	case EndBeside:
		if !fx.Now {
			w.report(BesideEnded{})
		}
	case Signal:
		p := w.proc(fx.Gen)
		p.doomed = p.doomed || p.waiter && !p.running && !p.gone
		p.signaled, p.killed = p.signaled || p.running && !fx.Kill, p.killed || p.running && fx.Kill
	case Discard:
		if p := w.proc(fx.Gen); !p.gone {
			w.t.Fatalf("generation %d forgotten while it runs\n%s", fx.Gen, w.log.String())
		}
		w.procs = slices.DeleteFunc(w.procs, func(p *process) bool { return p.gen == fx.Gen })
	case Done:
		w.done = true
	}
}

// drained reports that nothing of p is under way.
func (w *world) drained(p *process) {
	p.flows = 0
	w.report(Observed{Gen: p.gen, Report: quiet})
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
	if at := w.m.NextDeadline(); !at.IsZero() && !at.After(w.now) {
		w.report(Tick{})
	}
}

// exit ends the main process.
func (w *world) exit(p *process, e report.Exit, left int) {
	p.ended, p.left = true, left
	w.report(Exited{Gen: p.gen, Exit: e, Left: left, Said: e.String()})
}

// bind makes a gate.
func (w *world) bind(p *process, e handoff.Endpoint) {
	p.binds = append(p.binds, e)
	debugger := e == portD
	w.report(Listening{
		Gen: p.gen, Endpoint: e, Debugger: debugger, NeedsDebugger: debugger && p.waits, DebugsItself: debugger &&
			p.gen%2 == 0,
	})
}

// vanish ends what is left.
func (w *world) vanish(p *process) {
	p.gone = true
	w.report(Gone{Gen: p.gen})
}

// stir lets the standby get to where it waits, or end; or it ends the rehearsal.
func (w *world) stir(arg int) {
	if r := w.rehearsal; r != nil && (w.ahead == nil || arg == 9 || arg == 13) {
		end := standby.Rehearsed{Why: standby.Failed, Learn: arg == 9}
		switch {
		case r.told && arg%2 == 0:
			end = standby.Rehearsed{Why: standby.Asked}
		case arg == 7:
			end = standby.Rehearsed{Why: standby.Unknown, Err: errUnknown}
		case arg == 12:
			end = standby.Rehearsed{Why: standby.Refused, Err: errNoGood}
		case arg == 13:
			end.Err = errNoGood
		}
		w.rehearsal = nil
		w.report(end)
		return
	}
	a := w.ahead
	if a == nil {
		return
	}
	end := standby.Ended{Gen: a.gen, Why: standby.Failed, Err: errNoGood}
	switch {
	case a.told && arg%2 == 0:
		end.Why, end.Err = standby.Asked, nil
	case !a.waits && arg < 11 && arg != 5 && arg != 7:
		a.waits = true
		w.report(standby.Waits{Gen: a.gen, Loaded: []report.Loaded{{}, vault}[arg%2]})
		return
	case arg == 11, arg == 5:
	case arg == 12:
		end.Why = standby.Refused
	case arg == 7:
		end.Why = standby.Unknown
	default:
		return
	}
	w.ahead = nil
	w.report(end)
}

// run takes a process further on its way to its own code.
func (w *world) run(p *process, arg int) {
	switch {
	case p.waiter && (arg%4 == 3 || p.spoiled):
		w.useless(p, whys[arg%5])
	case !p.unbegun:
		p.running = true
		w.report(Started{Gen: p.gen, PID: 100 + int(p.gen), Standby: p.ahead})
	case !p.arrived:
		p.arrived = true
		w.report(standby.Waits{Gen: p.gen})
	}
}

var whys = [...]standby.Why{standby.Failed, standby.Unknown, standby.Refused, standby.Failed, standby.Asked}

// useless ends a program that was to wait, at any time before its own code.
func (w *world) useless(p *process, why standby.Why) {
	p.gone, p.unbegun = true, false
	w.report(standby.Ended{Gen: p.gen, Why: why, Err: errNoGood})
}

// inspects ends the inspection.
func (w *world) inspects(learn bool, err error) {
	w.report(anInspection(w.inspected, learn, err))
	w.inspected = 0
}

// obey lets every process that was told to end do so.
func (w *world) obey() bool {
	busy := false
	for _, p := range slices.Clone(w.procs) {
		if p.doomed && !p.running && !p.gone {
			busy = true
			w.useless(p, standby.Asked)
			continue
		}
		if p.gone || !p.running || !p.signaled && !p.killed {
			continue
		}
		busy = true
		if !p.ended {
			w.exit(p, report.Exit{Signal: 15}, 0)
		}
		w.vanish(p)
	}
	return busy
}
