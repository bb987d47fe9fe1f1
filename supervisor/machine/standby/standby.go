// Package standby decides when the program of the next generation is started ahead, and when a
// program that waits right before its own code runs on.
//
// A standby is none of the generations; it has the number that the next generation will have. There is one at most. The
// machine starts it as soon as nothing else starts or builds, by what is known of the program. An inspection of the
// generation that serves shows that; it comes when nothing else has been going on for a while. The generation that
// begins next adopts the standby, in whatever state the standby is; if the standby is useless, the generation starts
// cold, under the same number.
//
// A rehearsal is a process that is started like a standby, loads packages to show what they do
// meanwhile, and is thrown away: no generation adopts it. A standby loads only what was shown to do
// nothing, and a save is faster with a standby that loads little than with none. So the standby starts
// first, and a rehearsal beside it, at a low priority. It may last for long:
// saves and standbys go on beside it, as if it were not there. A save does not end it, because while somebody saves
// on and on, no rehearsal would come to its end.
//
// When a rehearsal has shown what the waiting standby does not load yet, a better one takes its place. There is
// one standby at most, so that a save between the two meets one that boots: that takes less time than with the one
// that loads little.
//
// A generation that adopted a standby, or that started cold in the same way, is parked until [Resume].
// So hotswap knows when the program's own code begins: a save before that needs no other start.
//
// The machine is pure: no I/O, no goroutine and no clock. The machine of generations owns the
// [Machine], calls the methods and shares the list of effects.
package standby

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Machine decides about programs that wait. [New] returns one.
type Machine struct {
	enabled  bool // standbys are made; constant
	inspects bool // generations are inspected; constant

	is     *standby  // nil: there is none
	parked GenID     // the generation that waits before its own code; 0: none does
	due    bool      // a standby is wanted, as soon as the machine has nothing else to do
	at     time.Time // when it has been calm for long enough; zero: no time is set

	known      bool  // it is known how a standby is made
	inspected  GenID // the generation that was inspected last, or is being inspected; 0: none
	inspecting bool  // its inspection is under way
	learn      bool  // a rehearsal would show more
	rehearses  bool  // one is under way

	failed      int    // standbys that failed since a generation last had one that waited
	failedBoots int    // boots from a standby in a row that failed
	reported    string // why there is none, as the last notice said

	out *sum.Effects
}

// standby is one standby.
type standby struct {
	report.StandbyStatus      // began by the wall clock, which goes on while the computer sleeps
	older                bool // an inspection has found out more since it was started
	bare                 bool // a rehearsal has shown more since it was started
}

func (s *standby) waits() bool   { return s != nil && s.State == report.StandbyWaiting }
func (s *standby) stopped() bool { return s.State == report.StandbyEnding }

const (
	lifetime = 5 * time.Minute // of a standby that may have credentials: most of these live for 15 minutes at least

	// of calm before an inspection, and before a standby in the place of one that loads less
	pause = 300 * time.Millisecond

	maxFailed      = 2 // standbys in a row; then no more are made
	maxFailedBoots = 2 // in a row; then a generation has to serve before the next standby
)

// Surroundings is what the machine has to know of the rest.
type Surroundings struct {
	Now      time.Time
	Calm     bool  // nothing starts, builds or stops
	Model    GenID // the generation that serves, after which a standby is made; 0: none
	Expected bool  // nothing serves, and the machine expects a start
	Next     GenID // the number of the next generation
}

// New returns a machine that makes standbys, if it is enabled, and has generations inspected, if it inspects.
func New(enabled, inspects bool, out *sum.Effects) Machine {
	return Machine{enabled: enabled, inspects: inspects, out: out}
}

// Handle handles an event of a standby, an inspection or a rehearsal.
func (m *Machine) Handle(ev Event, around Surroundings) {
	switch ev := ev.(type) {
	case Waits:
		m.arrive(ev, around)
	case Ended:
		m.ended(ev)
	case Inspected:
		m.inspectionEnded(ev, around)
	case Rehearsed:
		m.rehearsed(ev)
	}
}

// Advance does what the surroundings allow by now.
func (m *Machine) Advance(around Surroundings) {
	if m.mayBegin(around) {
		m.is = &standby{StandbyStatus: report.StandbyStatus{Generation: around.Next, State: report.StandbyStarting,
			Started: around.Now.Round(0)}}
		m.out.Emit(Start{Gen: around.Next, Model: around.Model})
	}
	if m.mayRehearse(around) {
		m.learn, m.rehearses = false, true
		m.out.Emit(Rehearse{Model: around.Model})
	}
	m.setTimer(around)
}

// canMake reports whether a standby, or an inspection, is possible and disturbs nothing: a generation serves, or the
// start of the next one is awaited.
func (m *Machine) canMake(around Surroundings) bool {
	return m.inspects && m.failed < maxFailed && m.failedBoots < maxFailedBoots && around.Calm &&
		(around.Model != 0 || m.known && around.Expected)
}

// mayBegin reports whether a standby is wanted and may begin.
func (m *Machine) mayBegin(around Surroundings) bool {
	return m.due && m.known && m.is == nil && m.canMake(around)
}

// mayInspect reports whether the machine may have the generation that serves inspected.
func (m *Machine) mayInspect(around Surroundings) bool {
	return around.Model != 0 && around.Model != m.inspected && m.canMake(around)
}

// mayRehearse reports whether a rehearsal is wanted and may begin.
func (m *Machine) mayRehearse(around Surroundings) bool {
	return m.learn && m.known && !m.rehearses && m.is != nil && !m.is.stopped() && !m.inspecting &&
		!m.mayInspect(around) && around.Model != 0 && m.canMake(around)
}

// mayReplace reports whether a better standby may take the place of the one that waits. While more is learnt,
// that one stays.
func (m *Machine) mayReplace(around Surroundings) bool {
	return m.is.waits() && m.is.bare && !m.learn && !m.rehearses && around.Model != 0 && m.canMake(around)
}

// setTimer sets the time for what comes only when it has been calm for a while, or clears it.
func (m *Machine) setTimer(around Surroundings) {
	switch wanted := m.mayInspect(around) || m.mayReplace(around); {
	case !wanted:
		m.at = time.Time{}
	case m.at.IsZero():
		m.at = around.Now.Add(pause)
	}
}

// Deadline returns when [Machine.Calm] is due; zero: never.
func (m *Machine) Deadline() time.Time { return m.at }

// Calm does what is due when it has been calm for long enough.
func (m *Machine) Calm(around Surroundings) {
	switch {
	case m.mayInspect(around):
		m.inspected, m.inspecting = around.Model, true
		m.out.Emit(Inspect{Gen: around.Model})
	case m.mayReplace(around):
		m.stopStandby(false)
	}
	m.at = time.Time{}
}

// Expires returns when a standby that waits is too old; zero: never.
func (m *Machine) Expires() (at time.Time) {
	if m.is.waits() && m.is.By != "" {
		at = m.is.Started.Add(lifetime)
	}
	return at
}

// Expire ends a standby that is too old. The next generation starts cold, and the standby after that begins as usual:
// one more every five minutes would ask for credentials all night.
func (m *Machine) Expire(now time.Time) {
	if at := m.Expires(); !at.IsZero() && !now.Before(at) {
		err := fmt.Errorf("its standby is five minutes old, and %s may have given it credentials", m.is.By)
		m.out.Notify(report.NoticeStandbyUnused{Gen: m.is.Generation, Err: err})
		m.stopStandby(false)
		m.due = false
	}
}

// inspectionEnded notes whether hotswap knows how to make a standby. If none is possible, a standby that an earlier
// inspection led to is useless.
func (m *Machine) inspectionEnded(ev Inspected, around Surroundings) {
	if !m.inspecting || ev.Gen != m.inspected {
		return
	}
	m.inspecting = false
	switch {
	case ev.Err == nil:
		m.known, m.learn = true, ev.Learn
		if m.is != nil {
			m.is.older = true
		}
	case m.known && ev.Why == Unknown:
	default:
		m.known, m.learn = false, false
		m.Stop(false)
		m.refuse(report.NoticeNoStandby{Gen: around.Next, Err: ev.Err})
	}
}

// rehearsed notes that nothing of a rehearsal runs. Without one the standbys load what is known already.
func (m *Machine) rehearsed(ev Rehearsed) {
	if !m.rehearses {
		return
	}
	m.rehearses = false
	m.learn = m.learn || ev.Learn || ev.Why == Asked
	if ev.Err == nil && ev.Why == Failed && m.is != nil {
		m.is.bare = true
	}
}

// refuse reports why no standby is possible, unless the last notice said the same.
func (m *Machine) refuse(n report.NoticeNoStandby) {
	if text := n.Err.Error(); m.enabled && text != m.reported {
		m.reported = text
		m.out.Notify(n)
	}
}

// arrive notes that a standby waits, or releases the parked generation that does.
func (m *Machine) arrive(ev Waits, around Surroundings) {
	if ev.Gen != 0 && ev.Gen == m.parked {
		m.out.Emit(Resume{Gen: m.parked})
		m.parked, m.failed = 0, 0
		return
	}
	c := m.is
	if c == nil || c.Generation != ev.Gen || c.State != report.StandbyStarting {
		return
	}
	c.State, c.Loaded = report.StandbyWaiting, ev.Loaded
	m.reported = ""
	m.out.Notify(report.NoticeStandby{Gen: c.Generation, Took: around.Now.Sub(c.Started), Loaded: ev.Loaded})
}

// ended notes that nothing of the standby runs, and decides whether to try again.
func (m *Machine) ended(ev Ended) {
	if ev.Gen == m.parked && ev.Why == Failed {
		m.failed++
		if m.failed == maxFailed { // it was adopted before it came to wait
			m.out.Notify(report.NoticeNoStandby{Gen: ev.Gen, Err: ev.Err, Failed: true})
		}
	}
	m.Leave(ev.Gen)
	c := m.is
	if c == nil || c.Generation != ev.Gen {
		return
	}
	m.is = nil
	if c.stopped() || ev.Err == nil {
		return
	}
	n := report.NoticeNoStandby{Gen: c.Generation, Err: ev.Err}
	switch ev.Why {
	case Refused:
		m.due = false
		m.refuse(n)
		return
	case Unknown:
		// What an inspection has found out since the standby was started counts: the generation is not inspected twice.
		m.known, m.due = c.older, true
		m.refuse(n)
		return
	}
	m.failed++
	n.Failed, n.Again = true, m.failed < maxFailed
	m.due = n.Again
	m.out.Notify(n)
}

// Stop ends the standby and the rehearsal. With now the standby is killed. When it is calm again, the next one begins.
func (m *Machine) Stop(now bool) {
	m.stopStandby(now)
	if m.rehearses {
		m.out.Emit(StopRehearsal{})
	}
}

// stopStandby ends the standby; with now it is killed.
func (m *Machine) stopStandby(now bool) {
	m.due = m.enabled
	if c := m.is; c != nil && (!c.stopped() || now) {
		c.State = report.StandbyEnding
		m.out.Emit(Stop{Gen: c.Generation, Now: now})
	}
}

// Quiet reports whether nothing of a standby or a rehearsal runs.
func (m *Machine) Quiet() bool { return m.is == nil && !m.rehearses }

// Adopt gives the standby, if there is one, to the generation that begins. waits: the standby waits already, so the
// caller emits Resume, and the generation runs on at once. Without a standby the generation starts cold, and is parked
// all the same if that is possible.
func (m *Machine) Adopt(gen GenID, now time.Time) (adopted, waits, parked bool) {
	if m.inspecting {
		m.inspecting, m.inspected = false, 0
	}
	m.Expire(now)
	adopted, waits = m.is != nil, m.is.waits()
	parked = !adopted && m.enabled && m.known && m.failed < maxFailed && m.failedBoots < maxFailedBoots
	m.is, m.parked, m.due = nil, 0, m.enabled
	switch {
	case waits:
		m.failed = 0
	case adopted, parked:
		m.parked = gen
	}
	return adopted, waits, parked
}

// Parked returns the generation that waits before its own code; 0: none does.
func (m *Machine) Parked() GenID { return m.parked }

// Leave notes that a generation is not parked any more, or will never run its own code.
func (m *Machine) Leave(gen GenID) {
	if m.parked == gen {
		m.parked = 0
	}
}

// BootFailed notes that the boot of a generation has failed that had adopted a standby.
func (m *Machine) BootFailed() { m.failedBoots++ }

// Serves notes that a generation serves, so that boots from a standby may be tried again.
func (m *Machine) Serves() { m.failedBoots = 0 }

// Status returns how the standby stands; nil: there is none.
func (m *Machine) Status() *report.StandbyStatus {
	if m.is == nil {
		return nil
	}
	return new(m.is.StandbyStatus)
}
