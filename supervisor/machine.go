package supervisor

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// machine decides. It knows facts only and does nothing: step takes an event and
// returns what to do. One goroutine uses it.
type machine struct {
	policy Policy // constant after newMachine, but for the strategy
	parent Parent // constant after the first step

	gens []*Generation // whose tree may be alive, oldest first
	past []Life        // of the newest generations that are gone
	last GenID         // the newest number that was given: to a generation here, or to another hotswap
	away bool          // another hotswap begins the next generation: nothing begins here

	requested  *startRequest // begins as soon as a generation may
	repair     *startRequest // replaces a generation that failed, at repairAt
	repairAt   time.Time
	backoff    backoff
	build      *build // that is under way; nil: none is
	installing installing
	builds     int    // the number of the newest build
	owed       []Step // behind one that failed: they did not run, and come before the next start that is asked for
	built      []BuildLife

	standby    standbyMachine
	handed     []token                    // of commands to hand over, which wait until there is no standby
	left       []handoff.Endpoint         // what the last generation served, while nothing serves
	everServed bool                       // some generation has served, so clients may be waiting
	debuggers  map[handoff.Endpoint]GenID // where debuggers' endpoints lead

	stopping   bool
	stopTokens []token
	code       int // to end with
	ended      bool

	tally tally

	bug func(why string) // gets told about an event that cannot be; nil: such events are counted only

	now time.Time // of the current step
	out []effect  // of the current step
}

// startRequest asks for a generation that has not begun.
type startRequest struct {
	cause  Cause
	files  []string
	steps  []Step        // that come before
	only   bool          // nothing starts after the steps
	then   []func()      // called when the steps have ended
	build  time.Duration // what its builds took; 0: no step has run
	ran    []Step        // the steps that have run for it
	tokens []token
}

// merge adds what another generation would have been begun for. The newer cause counts,
// except that a crash never hides what people asked for.
func (r *startRequest) merge(newer startRequest) {
	if newer.cause.deliberate() || !r.cause.deliberate() {
		r.cause = newer.cause
	}
	for _, f := range newer.files {
		if !slices.Contains(r.files, f) {
			r.files = append(r.files, f)
		}
	}
	r.addRan(newer.build, newer.ran)
	r.steps, r.only = mergeSteps(r.steps, newer.steps), r.only && newer.only
	r.then = append(r.then, newer.then...)
	r.tokens = append(r.tokens, newer.tokens...)
}

// addRan adds what a newer build has run, and how long it took. A build whose steps have all run
// again since does not count any more.
func (r *startRequest) addRan(took time.Duration, ran []Step) {
	if len(ran) == 0 {
		return
	}
	if len(without(r.ran, ran)) == 0 {
		r.build = 0
	}
	r.build, r.ran = r.build+took, mergeSteps(r.ran, ran)
}

// newMachine returns a machine that has begun nothing.
func newMachine(p Policy) *machine {
	p = p.withDefaults()
	return &machine{
		policy: p, debuggers: map[handoff.Endpoint]GenID{}, standby: standbyMachine{enabled: p.Warm, delay: p.WarmAfter},
	}
}

// step takes one event and returns what follows from it, in order.
func (m *machine) step(now time.Time, ev event) []effect {
	m.now, m.out = now, nil
	if m.ended {
		m.tally.Stale++
		return nil
	}
	switch ev := ev.(type) {
	case evRequest:
		m.requestStart(ev)
	case evCommand:
		m.command(ev)
	case evCold:
		m.startsPlainly(ev)
	case standbyEvent:
		if ready, ok := ev.(evStandbyReady); ok {
			m.resume(ready.gen)
		}
		m.emit(m.standby.step(now, ev, m.surroundings())...)
	case evStopFirst:
		m.stopFirst()
	case evInstalling:
		m.install(ev)
	case evBuildAlone:
		m.standAlone(ev)
	case evBuilt:
		m.buildEnded(ev)
	case evTick:
		m.tick()
	case genEvent:
		m.dispatch(ev)
	}
	m.advance()
	m.routeDebuggers()
	out := m.out
	m.out = nil
	return out
}

// requestStart begins the first generation, or what has changed, or what a command asks for.
func (m *machine) requestStart(ev evRequest) {
	r := startRequest{cause: ev.cause, files: slices.Clone(ev.files), steps: ev.steps, only: ev.only, then: ev.then}
	if ev.token != 0 {
		r.tokens = []token{ev.token}
	}
	first := ev.cause == CauseFirst
	if m.stopping || first && (m.last > m.parent.Last || m.requested != nil || m.build != nil) {
		m.tally.Stale++
		m.answer(r.tokens, Result{Outcome: OutcomeStopping})
		return
	}
	if first && m.parent.Last > 0 {
		r.steps = nil // the parent has built it
		m.request(r)
		return
	}
	if !first {
		m.backoff.reset()
	}
	m.requestBuild(r)
}

// command does what a command asks for.
func (m *machine) command(ev evCommand) {
	var tokens []token
	if ev.token != 0 {
		tokens = []token{ev.token}
	}
	switch {
	case ev.cmd == cmdStop:
		m.stop(tokens)
	case ev.cmd == cmdStopNow:
		m.stopNow(tokens, ev.code)
	case ev.cmd == cmdHandOver:
		m.handOver(tokens)
	case m.stopping:
		m.answer(tokens, Result{Outcome: OutcomeStopping})
	case ev.cmd == cmdRollback:
		m.rollBack(tokens, ev.leaving)
	case ev.cmd == cmdTakeBack:
		m.takeBack(tokens)
	}
}

// advance does what has become possible: it begins the start that is due, or ends when
// everything is gone. No other function does either. When nothing else is to be done, a
// standby is due.
func (m *machine) advance() {
	m.makeRoom() // for a request from before the strategy changed
	if !m.stopping && m.requested != nil && m.mayStart() {
		r := *m.requested
		m.requested = nil
		m.start(r)
	}
	m.tellInstalling()
	m.beginWaiting()
	m.grantAlone()
	m.giveNumbers()
	if !m.stopping {
		m.emit(m.standby.step(m.now, nil, m.surroundings())...)
		return
	}
	if len(m.gens) == 0 && m.standby.quiet() && m.build == nil {
		m.answer(m.stopTokens, Result{Outcome: OutcomeStopped})
		m.emit(fxDone{code: m.code})
		m.ended = true
	}
}

// mayStart reports whether the generation that is due may begin now. While a build is
// under way, what it was built to run is being built anew, so it waits; but a replacement
// for a generation that has crashed cannot wait, unless a step wants to be alone.
func (m *machine) mayStart() bool {
	if m.away || m.packagesIncomplete() || m.build.ownsAll() || m.build != nil && m.requested.cause != CauseCrash || m.policy.Strategy == StopFirst && len(m.gens) > 0 {
		return false
	}
	return !slices.ContainsFunc(m.gens, func(g *Generation) bool {
		return g.State == StateStarting || g.Alone
	})
}

// starting returns the generation that has begun and does not serve yet, or nil.
func (m *machine) starting() *Generation { return m.in(StateStarting) }

// serving returns the generation that new connections are steered to, or nil.
func (m *machine) serving() *Generation { return m.in(StateServing) }

// held returns the generation that would serve again if the serving one failed, or nil.
// There is none unless another generation serves.
func (m *machine) held() *Generation { return m.in(StateHeld) }

func (m *machine) in(s State) *Generation {
	for _, g := range m.gens {
		if g.State == s {
			return g
		}
	}
	return nil
}

// waiting reports whether nothing runs and nothing is due, so that only a change or a
// command begins anything.
func (m *machine) waiting() bool {
	begun := m.last > m.parent.Last || m.builds > 0
	return begun && !m.stopping && m.serving() == nil && m.starting() == nil &&
		m.requested == nil && m.repair == nil && m.build == nil
}

// required returns what g must listen on to take over.
func (m *machine) required(g *Generation) []handoff.Endpoint {
	if s := m.serving(); s != nil {
		return s.Endpoints
	}
	return g.Required
}

// move takes g along an arrow, and clears its deadlines.
func (m *machine) move(g *Generation, to State) {
	if !g.State.mayBecome(to) {
		m.complain("generation moves from %v to %v", g.State, to)
	}
	g.State, g.due = to, deadlines{}
}

// settle answers the callers that wait for the fate of g.
func (m *machine) settle(g *Generation, r Result) {
	r.Gen = g.ID
	m.answer(g.tokens, r)
	g.tokens = nil
}

// complain counts something that cannot be; tests make it panic.
func (m *machine) complain(format string, args ...any) {
	m.tally.Bugs++
	if m.bug != nil {
		m.bug(fmt.Sprintf(format, args...))
	}
}
