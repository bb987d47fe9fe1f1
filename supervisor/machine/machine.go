package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/debugger"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Policy is what may be chosen about the life of generations.
type Policy = policy.Policy

// Machine decides. [New] returns one. One goroutine uses it.
type Machine struct {
	policy Policy // constant after New, but for the strategy and Portless
	before GenID  // the number before the first that is given here; constant after New

	gens    []*Generation  // whose tree may be alive, oldest first
	past    []report.Life  // of the newest generations that are gone
	last    GenID          // the newest number that was given
	numbers []report.Token // of callers that wait for a number; see freeze.go
	barred  bool           // nothing begins; see freeze.go

	lastServed []handoff.Endpoint // what the last generation served while nothing serves
	everServed bool               // some generation has served, so clients may be waiting

	starts
	pace
	ending
	build     build.Machine
	standby   standby.Machine
	debuggers debugger.Machine

	swaps int // promotions after the first, without starts after a crash or for a client
	// generations, other than restarts after a crash, that did not get ready or failed in their probation
	failedSwaps int

	now time.Time    // of the current step
	out *sum.Effects // of the current step
}

// starts is what begins next.
type starts struct {
	due    *build.Request // begins as soon as a generation may, but not before dueAt
	dueAt  time.Time      // zero, unless due replaces a generation that failed, after a pause
	asleep *build.Request // begins for the next client; nil: the program does not sleep
}

// pace is how boots have gone until now, which decides how soon another follows.
type pace struct {
	backoff policy.Backoff
	slowest time.Duration // of the boots that have served
	givenUp int           // boots in a row that were given up for a newer request
	// when the row of crashes ends, if the program serves or runs until then; zero: there is none, or nothing runs
	healthyAt time.Time
	said      string // by the newest generation that was asked for, of why its boot ended; "": nothing
}

// ending is the end of everything, which was asked for or has become due.
type ending struct {
	stopping   bool
	stopsAt    time.Time // what serves drains from then on; zero: at once
	hurries    bool      // somebody at a terminal waits for the end
	stopTokens []report.Token
	code       int  // to end with
	onlyBeside bool // nothing is left but what runs beside the generations
	ended      bool
}

// Past is what the first generation goes on from. The zero value: nothing has happened before.
type Past struct {
	Last   GenID              // the number of the last generation
	Serves []handoff.Endpoint // what the first generation must listen on to be ready, without debuggers'
}

// New returns a machine that has begun nothing.
func New(p Policy, past Past) *Machine {
	p, out := p.WithDefaults(), &sum.Effects{}
	return &Machine{
		policy: p, before: past.Last, last: past.Last, lastServed: past.Serves,
		build: build.New(out), debuggers: debugger.New(out), standby: standby.New(p.Warm, p.Warm || p.Inspects, out),
		out: out,
	}
}

// Step handles one event and returns the effects that follow from it, in order.
func (m *Machine) Step(now time.Time, ev Event) []Effect {
	m.now = now
	if m.ended {
		return nil
	}
	switch ev := ev.(type) {
	case Request:
		m.requestStart(ev)
	case Command:
		m.command(ev)
	case Tick:
		m.tick()
	case BesideEnded:
		m.ended = m.onlyBeside
	case build.Alone:
		m.standAlone(ev)
	case build.Ended:
		m.buildEnded(ev)
	case standby.Ended:
		m.useless(ev)
	case standby.Event:
		m.standby.Handle(ev, m.aroundStandby())
	case genEvent:
		m.dispatch(ev)
	}
	m.advance()
	m.routeDebuggers()
	return m.out.Take()
}

// requestStart begins the first generation, or what has changed, or what a command asks for.
func (m *Machine) requestStart(ev Request) {
	r := build.Request{Origin: report.Origin{Cause: ev.Cause, Files: ev.Files}, Steps: ev.Steps, Only: ev.Only,
		Tokens: callers(ev.Token)}
	first := ev.Cause == report.CauseFirst
	if m.stopping || first && (m.last > m.before || m.due != nil || m.build.Starts()) {
		m.out.Answer(r.Tokens, report.Result{Outcome: report.OutcomeStopping})
		return
	}
	if first && m.before > 0 {
		r.Steps = nil // it has been built
		m.startSoon(r)
		return
	}
	if m.wakes(&r) {
		m.backoff.Reset()
		m.requestBuild(r)
	}
}

// callers returns the caller that a token names, if any.
func callers(t report.Token) []report.Token {
	if t == 0 {
		return nil
	}
	return []report.Token{t}
}

// command does what a command asks for.
func (m *Machine) command(ev Command) {
	tokens := callers(ev.Token)
	if ev.Do == Stop || ev.Do == StopNow {
		m.stopTokens = append(m.stopTokens, tokens...)
	}
	switch {
	case ev.Do == Stop:
		m.hurries = m.hurries || ev.Hurry
		m.stop(ev.Delay)
	case ev.Do == StopNow:
		m.stopNow(ev.Code)
	case ev.Do == OneAtATime:
		m.stopFirst(ev.Gen)
	case ev.Do == Sleep:
		m.sleep(ev.Gen, ev.Delay)
	case ev.Do == Freeze:
		m.numbers = append(m.numbers, tokens...)
		m.standby.Stop(false)
	case ev.Do == Thaw:
		m.barred = false
	case ev.Do == Release:
		m.release()
	case m.stopping:
		m.out.Answer(tokens, report.Result{Outcome: report.OutcomeStopping})
	case ev.Do == Rollback:
		m.rollBack(tokens)
	}
}

// advance alone begins the start that is due, or ends what runs beside when everything else is gone. When nothing else
// is to be done, the machine of standbys may start one.
func (m *Machine) advance() {
	m.goOnDraining()
	m.makeRoom() // for a request from before the strategy changed
	m.stayNoLonger()
	if m.isDue() && m.mayStart() {
		r := *m.due
		m.due = nil
		m.start(r)
	}
	m.build.Advance(len(m.gens))
	m.giveNumbers()
	switch {
	case !m.stopping:
		m.standby.Advance(m.aroundStandby())
	case m.ended:
		m.out.Answer(m.stopTokens, report.Result{Outcome: report.OutcomeStopped})
		m.out.Emit(Done{Code: m.code})
	case !m.onlyBeside && len(m.gens) == 0 && m.standby.Quiet() && !m.build.Busy():
		m.onlyBeside = true
		m.out.Emit(EndBeside{})
	}
}

// mayStart reports whether the generation that is due may begin now. While a build is
// under way, what it was built to run is being built anew, so it waits; but a replacement
// for a generation that has crashed cannot wait, unless a step wants to be alone.
func (m *Machine) mayStart() bool {
	if m.barred || m.build.OwnsAll() || m.build.Busy() && m.due.Cause != report.CauseCrash ||
		m.policy.Strategy == policy.StopFirst && len(m.gens) > 0 {
		return false
	}
	return !slices.ContainsFunc(m.gens, func(g *Generation) bool {
		d, drains := g.State.(*Draining)
		return is[*Starting](g) || drains && d.BlocksStart
	})
}

// starting returns the generation that has begun and does not serve yet, or nil.
func (m *Machine) starting() *Generation { g, _ := find[*Starting](m); return g }

// serving returns the generation that new connections are steered to, or nil.
func (m *Machine) serving() *Generation { g, _ := find[*Serving](m); return g }

// reserve returns the generation that would serve again if the serving one failed, or nil.
// There is none unless another generation serves.
func (m *Machine) reserve() *Generation { g, _ := find[*Reserve](m); return g }

func (m *Machine) generation(id GenID) *Generation {
	for _, g := range m.gens {
		if g.Gen == id {
			return g
		}
	}
	return nil
}

// isDue reports whether a generation is to begin that does not wait for the end of a pause.
func (m *Machine) isDue() bool { return m.due != nil && m.dueAt.IsZero() }

// calm reports whether nothing starts, builds or stops, or is about to.
func (m *Machine) calm() bool {
	return !m.stopping && !m.barred && len(m.numbers) == 0 && m.starting() == nil && !m.isDue() && !m.build.Busy()
}

// aroundStandby returns what the machine of standbys has to know.
func (m *Machine) aroundStandby() standby.Surroundings {
	around := standby.Surroundings{
		Now: m.now, Calm: m.calm(), Next: m.last + 1,
		Expected: m.phase() == report.PhaseWaiting || !m.dueAt.IsZero(),
	}
	if s := m.serving(); s != nil && !s.Exited && s.PID != 0 {
		around.Model = s.Gen
	}
	return around
}

// required returns what a generation that boots must listen on to take over.
func (m *Machine) required(s *Starting) []handoff.Endpoint {
	if g := m.serving(); g != nil {
		return m.tcpOrAll(g.Basic())
	}
	return m.tcpOrAll(s.Required)
}

// complete answers the callers that wait for the fate of g.
func (m *Machine) complete(g *Generation, r report.Result) {
	r.Gen = g.Gen
	m.out.Answer(g.For.Tokens, r)
	g.For.Tokens = nil
}
