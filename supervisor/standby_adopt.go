package supervisor

import (
	"slices"
	"time"
)

// mayHold reports whether a cold start may be held right before its own code, so that it is
// known when that begins.
func (s *standbyMachine) mayHold() bool {
	return s.enabled && s.known && !s.off && s.failedBoots < maxFailedBoots
}

// adopt gives a standby to the generation that begins: the oldest that is to go on, and waits or
// is known to be no trial. gen is 0 if there is none. If no standby waits twice within a minute
// when people ask for a generation, they do so faster than one boots, and more are wanted.
func (s *standbyMachine) adopt(now time.Time, asked bool) (gen GenID, waits bool) {
	if s.inspects {
		s.inspects, s.inspected = false, 0
	}
	at := slices.IndexFunc(s.all, func(c *standby) bool { return !c.stopped && (c.waiting || c.begun && !c.trial) })
	waits = at >= 0 && s.all[at].waiting
	switch {
	case waits:
		s.failed, s.discarded = 0, 0
	case asked && s.due && s.known && !s.again && !s.paused:
		if !s.lower.IsZero() {
			s.depth = min(s.depth+1, maxDepth)
		}
		s.lower = now.Add(deepFor)
	}
	s.due, s.again = s.enabled, false
	if at < 0 {
		return 0, false
	}
	gen = s.all[at].gen
	s.all = slices.Delete(s.all, at, at+1)
	return gen, waits
}

// pass has the trial give way that the generation has not adopted.
func (s *standbyMachine) pass(gen GenID) (out []effect) {
	for _, c := range s.all {
		if c.gen >= gen || c.stopped {
			continue
		}
		unused := NoticeStandbyUnused{Gen: gen, Passed: c.gen, Err: errBegins}
		if c.begun {
			unused.Err = errTrial
			out = append(out, fxPassStandby{gen: c.gen})
		}
		out = append(out, fxNotice{unused})
	}
	return out
}

// shallow makes one standby enough again: for a while there was always one that waited.
func (s *standbyMachine) shallow() []effect {
	s.depth = 1
	alive := 0
	for _, c := range s.all {
		if !c.stopped {
			alive++
		}
	}
	if alive < 2 {
		return nil
	}
	i := slices.IndexFunc(s.all, func(c *standby) bool { return !c.stopped })
	return s.stop(s.all[i].gen, false)
}
