package watch

import "time"

// announced is what the loop knows of its announcements.
type speculation struct {
	last uint64 // the newest
	now  uint64 // the one since which nothing has happened; 0: none
	done bool   // since the last event it was looked whether one is due
	// as is what the dirty files were right before it. The event of a change after it
	// may still be on its way when the batch is compared: the kernel's, or the poller's.
	as map[string]state
}

// state is what a file was: its bytes, and when they had come there.
type state struct {
	is digest
	at time.Time
}

// void is called at an event: what was announced is not what comes.
func (s *speculation) void() { *s = speculation{last: s.last} }

// compare is called with what a file of the batch is: the announcement is not this
// batch's if it was another.
func (s *speculation) compare(path string, is digest, at time.Time) {
	if was, ok := s.as[path]; !ok || was.is != is || !was.at.Equal(at) {
		s.now = 0
	}
}

// pause is how long there is nothing to do: until the middle of the quiet time, when
// an announcement may be due, and then until its end.
func (l *loop) pause(now time.Time) time.Duration {
	due := l.debounce.due().Sub(now)
	if !l.cfg.Speculate || l.speculation.done || !l.debounce.single() {
		return due
	}
	return min(due, l.debounce.last.Add(l.debounce.quiet/2).Sub(now))
}

// announce announces the batch if it is the time for that, and tells whether the
// quiet time is not over yet.
func (l *loop) speculate(now time.Time) bool {
	if !l.cfg.Speculate || l.speculation.done || !now.Before(l.debounce.due()) {
		return false
	}
	l.speculation.done = true
	if l.debounce.single() && l.differs() {
		l.speculation.last++
		l.speculation.now = l.speculation.last
		latest(l.ahead, l.speculation.now)
	}
	l.timer.Reset(l.pause(time.Now()))
	return true
}

// differs tells whether a dirty file has other bytes than it had, and none looks as
// if somebody were about to write it: it is empty now, or gone. The batch compares
// anew.
func (l *loop) differs() bool {
	for _, p := range l.packages {
		if p.busy {
			return false
		}
	}
	found := false
	l.speculation.as = make(map[string]state, len(l.dirty))
	for path := range l.dirty {
		if !l.rules.File(path).Watch() {
			continue
		}
		is, at, err := l.reader.read(path)
		known := is == l.tree.base(path)
		if err != nil || !known && is.size == 0 {
			return false
		}
		l.speculation.as[path] = state{is, at}
		found = found || !known
	}
	return found
}

// latest puts v into a channel of capacity 1, in the place of an older value. Nobody
// else sends.
func latest(c chan uint64, v uint64) {
	select {
	case <-c:
	default:
	}
	c <- v
}
