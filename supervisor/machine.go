package supervisor

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// machine decides. It knows facts only and does nothing: step takes what
// happened and returns what to do. One goroutine uses it.
type machine struct {
	policy Policy // constant after newMachine
	parent Parent // constant after the first step

	gens []*Generation // whose tree may be alive, oldest first
	past []Life        // of the newest generations that are gone
	last GenID         // the newest number that was given: to a generation here, or to another hotswap
	away bool          // that hotswap begins the next generation: nothing begins here

	pending *want     // a start that is due as soon as one may begin
	restart *want     // a start that waits for the restart timer
	pause   time.Time // when it starts; zero: there is none
	backoff backoff

	left       []handoff.Endpoint         // what the last one served, while nothing does
	everServed bool                       // some generation has served, so clients may be waiting
	led        map[handoff.Endpoint]GenID // where debuggers' endpoints lead
	waiting    bool                       // nothing runs and nothing is due: the next change is waited for
	standbys   standbys

	build      *build  // that is under way; nil: none is
	handed     []token // commands to hand over, which wait until there is no standby
	unbuilt    *want   // a build that is due as soon as none is under way
	lastBuild  int     // the newest that was begun
	pastBuilds []BuildLife

	stopping   bool
	stopTokens []token
	code       int // to end with
	ended      bool

	tally tally

	bug func(why string) // what to do about an event that cannot be; nil: count only

	now time.Time // of the current step
	out []effect  // of the current step
}

// want is a start that has not begun.
type want struct {
	cause  Cause
	files  []string
	build  time.Duration // what its build took; 0: there was none
	tokens []token

	announced uint64 // the batch's, for which it is
}

// newMachine is a machine that has begun nothing.
func newMachine(p Policy) *machine {
	return &machine{policy: p.withDefaults(), led: map[handoff.Endpoint]GenID{}}
}

// step takes one event and returns what follows from it, in order.
func (m *machine) step(now time.Time, ev event) []effect {
	m.now, m.out = now, nil
	if m.ended {
		m.tally.Stale++
		return nil
	}
	switch ev := ev.(type) {
	case evBegin:
		m.begin()
	case evBatch:
		m.batch(ev)
	case evAnnounced:
		m.announced(ev)
	case evCommand:
		m.command(ev)
	case evWarmed:
		m.warmed(ev)
	case evCooled:
		m.cooled(ev)
	case evTick:
		m.tick()
	case evBuilt:
		m.built(ev)
	case genEvent:
		m.dispatch(ev)
	}
	m.advance()
	m.leadDebuggers()
	out := m.out
	m.out = nil
	return out
}

// begin starts the first generation.
func (m *machine) begin() {
	if m.last > m.parent.Last || m.pending != nil || m.builds() || m.stopping {
		m.tally.Stale++
		return
	}
	if m.parent.Last > 0 {
		m.request(want{cause: CauseFirst}) // what the elder has built
		return
	}
	m.prepare(want{cause: CauseFirst})
}

// batch starts what the files have become.
func (m *machine) batch(ev evBatch) {
	if m.stopping {
		m.tally.Stale++
		return
	}
	m.backoff.reset()
	m.prepare(want{cause: CauseChange, files: slices.Clone(ev.files), announced: ev.announced})
}

// command does what somebody asked for.
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
		m.fallBack(tokens)
	case ev.cmd == cmdTakeBack:
		m.takeBack(tokens)
	default:
		m.backoff.reset()
		m.prepare(want{cause: CauseCommand, tokens: tokens})
	}
}

// advance does what has become possible: it begins the build or the start that is
// due, or ends when everything is gone. It is the only place where any of it happens. With
// nothing else to do, a standby is due.
func (m *machine) advance() {
	if m.stopping {
		m.handNumbers()
		if len(m.gens) == 0 && m.standbys.standby == nil && m.build == nil {
			m.answer(m.stopTokens, Result{Outcome: OutcomeStopped})
			m.emit(fxDone{code: m.code})
			m.ended = true
		}
		return
	}
	m.buildNext()
	if m.pending != nil && m.mayStart() {
		w := *m.pending
		m.pending = nil
		m.start(w)
	}
	m.handNumbers()
	m.temper()
}

// mayStart tells whether the generation that is due may begin now. What it was built
// to run is being built anew while a build is under way, and it waits for what comes
// of that; a replacement for one that has crashed cannot.
func (m *machine) mayStart() bool {
	if m.away {
		return false
	}
	if m.builds() && m.pending.cause != CauseCrash {
		return false
	}
	if m.policy.Strategy == StopFirst && len(m.gens) > 0 {
		return false
	}
	return !slices.ContainsFunc(m.gens, func(g *Generation) bool {
		return g.State == StateStarting || g.State == StateReady || g.Blocks
	})
}

// starting is the generation that has begun and does not serve yet, or nil.
func (m *machine) starting() *Generation { return m.in(StateStarting) }

// serving is the generation that new connections are steered to, or nil.
func (m *machine) serving() *Generation { return m.in(StateServing) }

// held is the generation that would serve again if the serving one failed, or
// nil. There is none unless one serves.
func (m *machine) held() *Generation { return m.in(StateHeld) }

func (m *machine) in(s State) *Generation {
	for _, g := range m.gens {
		if g.State == s {
			return g
		}
	}
	return nil
}

// reference is what g must listen on to take over.
func (m *machine) reference(g *Generation) []handoff.Endpoint {
	if s := m.serving(); s != nil {
		return s.Endpoints
	}
	return g.Reference
}

// move takes g along an arrow, and clears its deadlines.
func (m *machine) move(g *Generation, to State) {
	if !g.State.mayBecome(to) {
		m.complain("generation moves from " + g.State.String() + " to " + to.String())
	}
	g.State, g.due = to, deadlines{}
}

// complain counts something that cannot be; tests make it panic.
func (m *machine) complain(why string) {
	m.tally.Bugs++
	if m.bug != nil {
		m.bug(why)
	}
}
