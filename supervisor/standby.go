package supervisor

import (
	"errors"
	"time"
)

// standbyMachine decides when the program of the next generation is started ahead. Like the
// machine, which owns it, it is pure. The standby is none of the generations; it has the number
// that the next one will have. The generation that begins next adopts it, in whatever state it
// is, and the loop starts that generation cold where the standby turns out to be of no use.
//
// What a standby may load is learnt in rehearsals: the program is started ahead in the same way,
// loads what is not known yet, and is thrown away. No generation adopts a rehearsal.
type standbyMachine struct {
	enabled bool          // constant
	delay   time.Duration // how long it must have been calm; constant

	is    *standby  // nil: there is none
	due   bool      // a standby is wanted, as soon as nothing else is to be done
	again bool      // what was begun before was of no use, so that the next begins when it has been calm
	at    time.Time // when it has been calm for long enough; zero: no time is set

	known     bool      // it is known how one is made
	inspected GenID     // the generation that was inspected last, or is being inspected; 0: none
	inspects  bool      // its inspection is under way
	learn     bool      // a rehearsal would show more
	rehearses bool      // one is under way
	since     time.Time // when it began

	failed      int    // standbys that ended by themselves, since the last that a generation adopted
	failedBoots int    // boots from a standby in a row that failed
	off         bool   // no more standbys are made
	paused      bool   // none are made until the next resume
	told        string // why there is none, as it was told last

	now time.Time // of the current step
	out []effect  // of the current step
}

// standby is one standby, as facts.
type standby struct {
	gen     GenID // that it will be
	since   time.Time
	waiting bool
	boot    time.Duration // until it waited
	memory  uint64
	ahead   int      // packages that it has loaded
	left    []string // packages that the program loads itself, with the reasons
	stopped bool     // it was told to end
}

const (
	maxFailed      = 2 // standbys in a row
	maxFailedBoots = 2 // in a row; then a generation has to serve before the next standby
)

// surroundings is what the standby machine has to know of the rest.
type surroundings struct {
	calm    bool  // nothing starts, builds or stops
	model   GenID // the generation that serves, after which a standby is made; 0: none
	waiting bool  // nothing serves, and a start is to be expected
	next    GenID // the number of the next generation
}

// standbyEvent is an event about standbys.
type standbyEvent interface{ standbyEvent() }

type (
	// evStandbyReady: the standby waits.
	evStandbyReady struct {
		gen    GenID
		memory uint64 // of its processes, in bytes
		ahead  int
		left   []string
	}

	// evStandbyEnded: nothing of the standby runs. The event does not come for a standby
	// that was adopted.
	evStandbyEnded struct {
		gen GenID
		why standbyEnd
		err error // the reason; nil for standbyAsked
	}

	// evInspected: an inspection is over. learn: a rehearsal would show more. err says why there
	// can be no standby; with ErrUnknown what was known before counts.
	evInspected struct {
		gen   GenID
		learn bool
		err   error
	}

	// evRehearsed: nothing of the rehearsal runs. learn: another one would show more.
	evRehearsed struct {
		learn bool
		why   standbyEnd // standbyFailed: it has ended by itself
		err   error      // why it has not come to its end; nil: it has, or was asked to end
	}
)

func (evStandbyReady) standbyEvent() {}
func (evStandbyEnded) standbyEvent() {}
func (evInspected) standbyEvent()    {}
func (evRehearsed) standbyEvent()    {}

type (
	// fxInspect finds out from the generation that serves how a standby is made. evInspected
	// follows, unless a generation begins before. What the last inspection has found out
	// counts until then.
	fxInspect struct{ gen GenID }
	// fxStartStandby begins a standby for the generation of that number. The model serves; 0:
	// nothing does. evStandbyReady follows if it comes to wait; evStandbyEnded when nothing of
	// it is left, unless it is adopted.
	fxStartStandby struct{ gen, model GenID }
	// fxStopStandby ends the standby. It comes again, with now, if there is no time to wait.
	fxStopStandby struct {
		gen GenID
		now bool
	}
	// fxRehearse begins a rehearsal. evRehearsed follows.
	fxRehearse struct{ model GenID }
	// fxStopRehearsal ends the rehearsal. It may come again.
	fxStopRehearsal struct{}
)

// standbyEnd is why a standby ended that was not adopted, or a rehearsal.
type standbyEnd string

const (
	standbyAsked   standbyEnd = "asked"   // fxStopStandby
	standbyRefused standbyEnd = "refused" // there can be none of this generation
	standbyFailed  standbyEnd = "failed"  // it ended, or never came to wait
	standbyUnknown standbyEnd = "unknown" // a generation has to be inspected first
)

// step takes an event, or nil when the surroundings have changed, and returns what follows.
func (s *standbyMachine) step(now time.Time, ev standbyEvent, around surroundings) []effect {
	s.now, s.out = now, nil
	switch ev := ev.(type) {
	case evStandbyReady:
		s.ready(ev)
	case evStandbyEnded:
		s.ended(ev)
	case evInspected:
		s.inspectionEnded(ev, around)
	case evRehearsed:
		s.rehearsed(ev, around)
	}
	if !s.again {
		s.begin(around)
	}
	s.setTimer(around)
	return s.out
}

// canMake reports whether a standby would be in the way of nothing, and can be made:
// something serves, or what serves next is waited for.
func (s *standbyMachine) canMake(around surroundings) bool {
	return s.enabled && !s.off && !s.paused && s.failedBoots < maxFailedBoots && around.calm &&
		(around.model != 0 || s.known && around.waiting)
}

// mayBegin reports whether a standby is wanted and may begin. One boot comes after the other.
func (s *standbyMachine) mayBegin(around surroundings) bool {
	return s.due && s.known && s.is == nil && !s.rehearses && s.canMake(around)
}

// mayRehearse reports whether a rehearsal is wanted and may begin.
func (s *standbyMachine) mayRehearse(around surroundings) bool {
	return s.learn && s.known && !s.rehearses && (s.is == nil || s.is.waiting) && around.model != 0 && s.canMake(around)
}

// mayInspect reports whether the generation that serves is to be inspected.
func (s *standbyMachine) mayInspect(around surroundings) bool {
	return around.model != 0 && around.model != s.inspected && s.canMake(around)
}

// setTimer sets the time for what comes only when it has been calm for a while, or clears it.
func (s *standbyMachine) setTimer(around surroundings) {
	wanted := s.mayBegin(around) || s.mayInspect(around) || s.mayRehearse(around)
	switch {
	case !wanted:
		s.at = time.Time{}
	case s.at.IsZero():
		s.at = s.now.Add(s.delay)
	}
}

// calm does what is due when it has been calm for long enough.
func (s *standbyMachine) calm(now time.Time, around surroundings) []effect {
	s.now, s.out, s.at = now, nil, time.Time{}
	if s.mayInspect(around) {
		s.inspected, s.inspects = around.model, true
		s.out = append(s.out, fxInspect{gen: around.model})
	}
	s.begin(around)
	return s.out
}

// begin starts a rehearsal, or else a standby, if either may begin.
func (s *standbyMachine) begin(around surroundings) {
	switch {
	case s.mayRehearse(around):
		s.again, s.learn, s.rehearses, s.since = false, false, true, s.now
		s.out = append(s.out, fxRehearse{model: around.model})
	case s.mayBegin(around):
		s.again, s.is = false, &standby{gen: around.next, since: s.now}
		s.out = append(s.out, fxStartStandby{gen: around.next, model: around.model})
	}
}

// inspectionEnded notes whether it is known how a standby is made. If there can be none, the
// one that was begun by what was known before is of no use.
func (s *standbyMachine) inspectionEnded(ev evInspected, around surroundings) {
	if !s.inspects || ev.gen != s.inspected {
		return
	}
	s.inspects = false
	switch {
	case ev.err == nil:
		s.known, s.learn = true, ev.learn
	case s.known && errors.Is(ev.err, ErrUnknown):
	default:
		s.known, s.learn, s.due = false, false, true
		s.out = append(s.out, s.stop(false)...)
		s.refused(NoticeNoStandby{Gen: around.next, Err: ev.err})
	}
}

// rehearsed notes that nothing of a rehearsal runs.
func (s *standbyMachine) rehearsed(ev evRehearsed, around surroundings) {
	if !s.rehearses {
		return
	}
	s.rehearses = false
	s.learn = s.learn || ev.learn || ev.why == standbyAsked
	s.again = ev.err != nil || ev.why == standbyAsked
	switch ev.why {
	case standbyRefused:
		s.known = false
		s.refused(NoticeNoStandby{Gen: around.next, Err: ev.err})
	case standbyFailed:
		s.out = append(s.out, fxNotice{NoticeRehearsed{Took: s.now.Sub(s.since), Learn: s.learn, Err: ev.err}})
	}
}

// refused tells why there can be no standby, unless that was told last.
func (s *standbyMachine) refused(n NoticeNoStandby) {
	if text := n.Err.Error(); text != s.told {
		s.told = text
		s.out = append(s.out, fxNotice{n})
	}
}

// ready notes that the standby waits.
func (s *standbyMachine) ready(ev evStandbyReady) {
	c := s.is
	if c == nil || c.gen != ev.gen || c.waiting || c.stopped {
		return
	}
	c.waiting, c.boot, c.memory, c.ahead, c.left = true, s.now.Sub(c.since), ev.memory, ev.ahead, ev.left
	s.told = ""
	s.out = append(s.out, fxNotice{NoticeStandby{Gen: c.gen, Took: c.boot, Memory: ev.memory, Ahead: ev.ahead, Left: ev.left}})
}

// ended notes that nothing of the standby runs, and decides whether to try again.
func (s *standbyMachine) ended(ev evStandbyEnded) {
	c := s.is
	if c == nil || c.gen != ev.gen {
		return
	}
	s.is = nil
	if c.stopped || ev.err == nil {
		return
	}
	n := NoticeNoStandby{Gen: c.gen, Err: ev.err}
	switch ev.why {
	case standbyRefused:
		s.due = false
		s.refused(n)
		return
	case standbyUnknown:
		s.known, s.due = false, true
		s.refused(n)
		return
	}
	s.failed++
	n.Failed, n.Again, n.GivenUp = true, s.failed < maxFailed, s.failed >= maxFailed
	s.due, s.again, s.off = n.Again, n.Again, n.GivenUp
	s.out = append(s.out, fxNotice{n})
}

// stop ends the standby and the rehearsal. With now the standby is killed.
func (s *standbyMachine) stop(now bool) (out []effect) {
	if c := s.is; c != nil && (!c.stopped || now) {
		c.stopped = true
		out = append(out, fxStopStandby{gen: c.gen, now: now})
	}
	return append(out, s.stopRehearsal()...)
}

// stopRehearsal ends the rehearsal.
func (s *standbyMachine) stopRehearsal() []effect {
	if !s.rehearses {
		return nil
	}
	return []effect{fxStopRehearsal{}}
}

// quiet reports whether nothing of a standby or a rehearsal runs.
func (s *standbyMachine) quiet() bool { return s.is == nil && !s.rehearses }

// resume lets standbys be made again after a pause.
func (s *standbyMachine) resume() {
	s.due = s.due || s.paused
	s.paused = false
}

// mayHold reports whether a cold start may be held right before its own code, so that it is
// known when that begins.
func (s *standbyMachine) mayHold() bool {
	return s.enabled && s.known && !s.off && s.failedBoots < maxFailedBoots
}

// adopt gives the standby to the generation that begins, or nil if there is none.
func (s *standbyMachine) adopt() *standby {
	if s.inspects {
		s.inspects, s.inspected = false, 0
	}
	c := s.is
	if c != nil && c.waiting {
		s.failed = 0
	}
	s.is, s.due, s.again = nil, s.enabled, false
	return c
}

// surroundings returns what the standby machine has to know.
func (m *machine) surroundings() surroundings {
	around := surroundings{
		calm: !m.stopping && m.starting() == nil && m.requested == nil && m.build == nil && !m.packagesIncomplete(),
		next: m.last + 1, waiting: m.waiting() || m.repair != nil,
	}
	if s := m.serving(); s != nil && !s.Exited && s.PID != 0 {
		around.model = s.ID
	}
	return around
}

// status is the standby as hotswap status prints it.
func (s *standby) status() StandbyStatus {
	state := StandbyStarting
	switch {
	case s.stopped:
		state = StandbyEnding
	case s.waiting:
		state = StandbyWaiting
	}
	return StandbyStatus{Generation: s.gen, State: state, Started: s.since, Memory: s.memory, Ahead: s.ahead, Left: s.left}
}
