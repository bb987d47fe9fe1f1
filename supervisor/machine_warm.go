package supervisor

import "time"

// standbys is what the machine knows of the standby: the program of the next
// generation, started ahead, which waits. It is none of the generations, and it
// has the number that the next one will have: whatever is begun takes it, in
// whatever state it is, and the loop sees to it that the generation starts cold
// where the standby turns out to be of no use.
type standbys struct {
	standby *standby  // nil: there is none
	due     bool      // one is wanted, as soon as nothing else is to be done
	at      time.Time // when one begins; zero: none is due

	proven bool   // one has waited once: there can be more of them while nothing serves
	failed int    // standbys in a row of which none was of use
	thrown int    // likewise, but each taught how to make a better one
	missed int    // boots from a standby in a row that failed
	off    bool   // no more of them are made
	paused bool   // likewise, until cmdTakeBack
	told   string // why there is none, as it was told last
}

// standby is one, as facts.
type standby struct {
	id     GenID // of the generation that will be this one
	since  time.Time
	ready  bool // it waits
	memory uint64
	cooled bool // it was told to end
	// prepared is the announcement for which it has prepared itself; 0: for none.
	prepared uint64
	patience time.Duration // how long it is no wonder that the batch does not come
}

const (
	maxFailed = 2  // standbys in a row
	maxThrown = 10 // likewise
	maxMissed = 2  // boots from one in a row; then something has to serve first
)

type (
	// evWarmed: the standby waits.
	evWarmed struct {
		gen    GenID
		memory uint64 // of its processes, in bytes
	}

	// evCooled: nothing of the standby runs. It does not come for one that was
	// taken.
	evCooled struct {
		gen GenID
		why coolWhy
		err error // the reason; nil for coolAsked
	}
)

func (evWarmed) kind() eventKind { return kindWarmed }
func (evCooled) kind() eventKind { return kindCooled }

// coolWhy is why a standby has ended that was not taken.
type coolWhy string

const (
	coolAsked   coolWhy = "asked"       // fxCool
	coolRefused coolWhy = "refused"     // there can be none of this generation, or not now
	coolFailed  coolWhy = "failed"      // it ended, or never got to where it waits
	coolThrown  coolWhy = "thrown away" // it was no good, and the next one will be better
)

// calm tells that a standby would be in nobody's way and that it can be made:
// something serves, or what serves next is waited for.
func (m *machine) calm() bool {
	w := &m.standbys
	if !m.policy.Warm || m.stopping || w.off || w.paused || w.missed >= maxMissed {
		return false
	}
	if m.starting() != nil || m.canary() != nil || m.pending != nil || m.builds() {
		return false
	}
	return m.model() != 0 || w.proven && (m.waiting || m.restart != nil)
}

// model is the generation that a standby is made after; 0: the one that the one
// before was made after.
func (m *machine) model() GenID {
	if s := m.serving(); s != nil && !s.Exited && s.Pid != 0 {
		return s.ID
	}
	return 0
}

// temper arms the timer of the next standby when it is calm, and clears it when
// it is no more.
func (m *machine) temper() {
	w := &m.standbys
	wanted := m.calm() && (w.standby == nil && w.due || w.standby.inVain())
	switch {
	case wanted && w.at.IsZero():
		after := m.policy.WarmAfter
		if w.standby != nil {
			after += w.standby.patience
		}
		w.at = m.now.Add(after)
	case !wanted && !w.at.IsZero():
		w.at = time.Time{}
	}
}

// inVain tells whether it has prepared itself for a batch, which has not come.
func (s *standby) inVain() bool { return s != nil && s.prepared != 0 && !s.cooled }

// warm begins a standby: it has been calm for a while. One that has prepared itself
// in vain makes room for it.
func (m *machine) warm() {
	w := &m.standbys
	if w.standby != nil {
		w.due = true
		m.cool(false)
		return
	}
	w.due, w.standby = false, &standby{id: m.last + 1, since: m.now}
	m.emit(fxWarm{gen: w.standby.id, model: m.model()})
}

// announced has the standby prepare itself for the batch that is likely to come. It
// can do that once; and not where a build comes first, or the end of the old one:
// either may write what it would have read by then.
func (m *machine) announced(ev evAnnounced) {
	s := m.standbys.standby
	first := m.policy.Build || m.policy.Strategy == StopFirst
	if s == nil || !s.ready || s.cooled || s.prepared != 0 || first || !m.calm() {
		m.tally.Stale++
		return
	}
	s.prepared, s.patience = ev.number, ev.within
	m.emit(fxPrepare{gen: s.id})
}

// take gives the standby to the generation that is begun, for that announcement. It
// tells whether there is one, and whether it has prepared itself for another.
func (m *machine) take(g GenID, announced uint64) (warm, spoilt bool) {
	w := &m.standbys
	s := w.standby
	w.due, w.standby = m.policy.Warm, nil
	if s == nil {
		return false, false
	}
	if s.id != g {
		m.complain("a standby of another number is taken")
	}
	if s.ready {
		w.failed, w.thrown = 0, 0
	}
	return true, s.prepared != 0 && s.prepared != announced
}

// warmed notes that the standby waits.
func (m *machine) warmed(ev evWarmed) {
	w := &m.standbys
	s := w.standby
	if s == nil || s.id != ev.gen || s.ready || s.cooled {
		m.tally.Stale++
		return
	}
	s.ready, s.memory, w.proven, w.told = true, ev.memory, true, ""
	m.tell(NoticeStandby{Gen: s.id, Took: m.now.Sub(s.since), Memory: ev.memory})
}

// cooled notes that nothing of the standby runs, and whether to try again.
func (m *machine) cooled(ev evCooled) {
	w := &m.standbys
	s := w.standby
	if s == nil || s.id != ev.gen {
		m.tally.Stale++
		return
	}
	w.standby = nil
	if s.cooled || ev.err == nil {
		return
	}
	n := NoticeNoStandby{Gen: s.id, Err: ev.err}
	switch ev.why {
	case coolRefused:
		if ev.err.Error() == w.told {
			return
		}
		w.told = ev.err.Error()
	case coolThrown:
		w.thrown++
		n.Again, n.GivenUp = w.thrown < maxThrown, w.thrown >= maxThrown
	default:
		w.failed++
		n.Failed, n.Again, n.GivenUp = true, w.failed < maxFailed, w.failed >= maxFailed
	}
	w.due, w.off = n.Again, n.GivenUp
	m.tell(n)
}

// cool ends the standby; at once if somebody cannot wait.
func (m *machine) cool(now bool) {
	s := m.standbys.standby
	if s == nil || s.cooled && !now {
		return
	}
	s.cooled = true
	m.emit(fxCool{gen: s.id, now: now})
}
