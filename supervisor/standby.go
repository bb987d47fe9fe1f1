package supervisor

import (
	"errors"
	"slices"
	"time"
)

// standbyMachine decides when the programs of the next generations are started ahead. Like
// the machine, which owns it, it is pure. A standby is none of the generations; it has the
// number that one of the next ones will have. The generation that begins next adopts a
// standby, also one that does not wait yet, and the loop starts that generation cold where the
// standby turns out to be of no use. But a trial is adopted only when it waits, and a standby of
// which it is not known whether it is one is not adopted. Until then generations pass it over:
// they have higher numbers, and the trial ends when it has come to wait, because the next
// standby is none.
type standbyMachine struct {
	enabled bool          // constant
	delay   time.Duration // how long it must have been calm; constant

	all   []*standby // by number; those before the last one wait, or are to end
	due   bool       // standbys are wanted, as soon as nothing else is to be done
	again bool       // the one before was of no use, so that the next one begins when it has been calm
	at    time.Time  // when it has been calm for long enough; zero: no time is set

	depth int       // how many are wanted
	lower time.Time // when one is enough again; zero: no start has lacked one lately

	known     bool  // it is known how one is made
	inspected GenID // the generation that was inspected last, or is being inspected; 0: none
	inspects  bool  // its inspection is under way

	failed      int    // standbys in a row of which none was of use
	discarded   int    // standbys in a row that were of no use, but taught how to make a better one
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
	begun   bool // its processes have begun
	trial   bool // none that was made in its way has waited before; known when it has begun
	waiting bool
	memory  uint64
	stopped bool // it was told to end
}

const (
	maxDepth       = 3           // standbys
	deepFor        = time.Minute // after the last start that found no standby waiting
	maxFailed      = 2           // standbys in a row
	maxDiscarded   = 10          // standbys in a row
	maxFailedBoots = 2           // in a row; then a generation has to serve before the next standby
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
	// evStandbyBegun: the standby's processes have begun, and whether it is a trial.
	evStandbyBegun struct {
		gen   GenID
		trial bool
	}

	// evStandbyReady: the standby waits.
	evStandbyReady struct {
		gen    GenID
		memory uint64 // of its processes, in bytes
	}

	// evStandbyEnded: nothing of the standby runs. The event does not come for a standby
	// that was adopted.
	evStandbyEnded struct {
		gen GenID
		why standbyEnd
		err error // the reason; nil for standbyAsked
	}

	// evInspected: an inspection is over. err says why there can be no standby; with
	// ErrUnknown what was known before counts.
	evInspected struct {
		gen GenID
		err error
	}
)

func (evStandbyBegun) standbyEvent() {}
func (evStandbyReady) standbyEvent() {}
func (evStandbyEnded) standbyEvent() {}
func (evInspected) standbyEvent()    {}

type (
	// fxInspect finds out from the generation that serves how a standby is made. evInspected
	// follows, unless a generation begins before. What the last inspection has found out
	// counts until then; standbys that it would make differently end.
	fxInspect struct{ gen GenID }
	// fxStartStandby begins a standby for the generation of that number. The model serves; 0:
	// nothing does. evStandbyReady follows if it comes to wait; evStandbyEnded when nothing of
	// it is left, unless it is adopted.
	fxStartStandby struct {
		gen, model GenID
		memory     uint64 // that the others take, in bytes
	}

	// fxPassStandby: a generation has begun that has not adopted the standby, a trial, which
	// gives way to it from now on. The trial ends if the next one would be made differently.
	fxPassStandby struct{ gen GenID }

	// fxStopStandby ends the standby. It comes again, with now, if there is no time to wait.
	fxStopStandby struct {
		gen GenID
		now bool
	}
)

// standbyEnd is why a standby ended that was not adopted.
type standbyEnd string

const (
	standbyAsked     standbyEnd = "asked"     // fxStopStandby
	standbyRefused   standbyEnd = "refused"   // there can be none of this generation, or not now
	standbyFailed    standbyEnd = "failed"    // it ended, or never came to wait
	standbyDiscarded standbyEnd = "discarded" // it was of no use, and the next one will be better
	standbyOutdated  standbyEnd = "outdated"  // the next one will be another one
	standbyUnknown   standbyEnd = "unknown"   // a generation has to be inspected first
)

// step takes an event, or nil when the surroundings have changed, and returns what follows.
func (s *standbyMachine) step(now time.Time, ev standbyEvent, around surroundings) []effect {
	s.now, s.out = now, nil
	switch ev := ev.(type) {
	case evStandbyBegun:
		s.begins(ev, around)
	case evStandbyReady:
		s.ready(ev, around)
	case evStandbyEnded:
		s.ended(ev)
	case evInspected:
		s.inspectionEnded(ev, around)
	}
	if s.mayBegin(around) && !s.again {
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

// mayBegin reports whether a standby is wanted and may begin. One begins after the other.
func (s *standbyMachine) mayBegin(around surroundings) bool {
	boots := slices.ContainsFunc(s.all, func(c *standby) bool { return !c.waiting })
	return s.due && s.known && !boots && len(s.all) < s.depth && s.canMake(around)
}

// mayInspect reports whether the generation that serves is to be inspected.
func (s *standbyMachine) mayInspect(around surroundings) bool {
	return around.model != 0 && around.model != s.inspected && s.canMake(around)
}

// setTimer sets the time for what comes only when it has been calm for a while, or clears it.
func (s *standbyMachine) setTimer(around surroundings) {
	wanted := s.mayBegin(around) || s.mayInspect(around)
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
	if s.mayBegin(around) {
		s.begin(around)
	}
	return s.out
}

// begin starts a standby.
func (s *standbyMachine) begin(around surroundings) {
	c := &standby{gen: s.free(around.next), since: s.now}
	s.again, s.all = false, append(s.all, c)
	s.out = append(s.out, fxStartStandby{gen: c.gen, model: around.model, memory: s.memory()})
}

// free returns the lowest number from gen on that is above those of all standbys.
func (s *standbyMachine) free(gen GenID) GenID {
	if n := len(s.all); n > 0 {
		return max(gen, s.all[n-1].gen+1)
	}
	return gen
}

// memory is what all that wait take.
func (s *standbyMachine) memory() (sum uint64) {
	for _, c := range s.all {
		sum += c.memory
	}
	return sum
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
		s.known = true
	case s.known && errors.Is(ev.err, ErrUnknown):
	default:
		s.known, s.due = false, true
		s.out = append(s.out, s.stop(0, false)...)
		s.refused(NoticeNoStandby{Gen: around.next, Err: ev.err})
	}
}

// refused tells why there can be no standby, unless that was told last.
func (s *standbyMachine) refused(n NoticeNoStandby) {
	if text := n.Err.Error(); text != s.told {
		s.told = text
		s.out = append(s.out, fxNotice{n})
	}
}

// begins notes whether the standby is a trial. One that generations have passed over before that
// was known goes on if it is one, and gives way to them.
func (s *standbyMachine) begins(ev evStandbyBegun, around surroundings) {
	c := s.of(ev.gen)
	if c == nil || c.begun {
		return
	}
	c.begun, c.trial = true, ev.trial
	switch {
	case c.stopped || c.gen >= around.next:
	case c.trial:
		s.out = append(s.out, fxPassStandby{gen: c.gen})
	default:
		c.stopped = true
		s.out = append(s.out, fxStopStandby{gen: c.gen})
	}
}

// ready notes that the standby waits. If generations have passed it over, it has done all that
// it was for.
func (s *standbyMachine) ready(ev evStandbyReady, around surroundings) {
	c := s.of(ev.gen)
	if c == nil || c.waiting || c.stopped {
		return
	}
	c.waiting, c.memory, s.told = true, ev.memory, ""
	if c.gen < around.next {
		c.stopped = true
		s.out = append(s.out, fxStopStandby{gen: c.gen})
		return
	}
	s.out = append(s.out, fxNotice{NoticeStandby{Gen: c.gen, Took: s.now.Sub(c.since), Memory: ev.memory}})
}

// ended notes that nothing of the standby runs, and decides whether to try again.
func (s *standbyMachine) ended(ev evStandbyEnded) {
	c := s.of(ev.gen)
	if c == nil {
		return
	}
	s.all = slices.DeleteFunc(s.all, func(o *standby) bool { return o == c })
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
	case standbyOutdated:
		s.due, n.Again = true, true
		s.out = append(s.out, fxNotice{n})
		return
	case standbyDiscarded:
		s.discarded++
		n.Again, n.GivenUp = s.discarded < maxDiscarded, s.discarded >= maxDiscarded
	default:
		s.failed++
		n.Failed, n.Again, n.GivenUp = true, s.failed < maxFailed, s.failed >= maxFailed
	}
	s.due, s.again, s.off = n.Again, n.Again, n.GivenUp
	s.out = append(s.out, fxNotice{n})
}

// of returns the standby of that number, or nil.
func (s *standbyMachine) of(gen GenID) *standby {
	for _, c := range s.all {
		if c.gen == gen {
			return c
		}
	}
	return nil
}

// stop ends the standbys with higher numbers. With now they are killed.
func (s *standbyMachine) stop(above GenID, now bool) (out []effect) {
	for _, c := range s.all {
		if c.gen > above && (!c.stopped || now) {
			c.stopped = true
			out = append(out, fxStopStandby{gen: c.gen, now: now})
		}
	}
	return out
}

// resume lets standbys be made again after a pause.
func (s *standbyMachine) resume() {
	s.due = s.due || s.paused
	s.paused = false
}

// surroundings returns what the standby machine has to know.
func (m *machine) surroundings() surroundings {
	around := surroundings{
		calm: !m.stopping && m.starting() == nil && m.canary() == nil && m.requested == nil && m.build == nil && !m.packagesIncomplete(),
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
	case s.trial:
		state = StandbyTrial
	}
	return StandbyStatus{Generation: s.gen, State: state, Started: s.since, Memory: s.memory}
}
