package watch

import "time"

// speculation is what the loop knows of the batches that it has called likely.
type speculation struct {
	last uint64 // the newest
	now  uint64 // the newest, while nothing has happened since; 0: something has
	done bool   // whether one is due was decided since the last event
	// as is what the dirty files were right before the newest one. The event of a later
	// change may still be on its way, from the kernel or the poller, when the batch is
	// compared.
	as map[string]state
}

// state is a file's bytes and when they had come there.
type state struct {
	is digest
	at time.Time
}

// void is called at an event.
func (s *speculation) void() { *s = speculation{last: s.last} }

// compare is called for each file of the batch. The speculation was about another batch
// if the file was different then.
func (s *speculation) compare(path string, is digest, at time.Time) {
	if was, ok := s.as[path]; !ok || was.is != is || !was.at.Equal(at) {
		s.now = 0
	}
}

// pause returns how long the loop has nothing to do: until the middle of the quiet time,
// when a speculation may be due, and then until the end of the quiet time.
func (l *loop) pause(now time.Time) time.Duration {
	due := l.debounce.due().Sub(now)
	if !l.cfg.Speculate || l.speculation.done || !l.debounce.single() {
		return due
	}
	return min(due, l.debounce.last.Add(l.debounce.quiet/2).Sub(now))
}

// speculate calls the batch likely if that is due, and reports whether the quiet time is
// not over yet.
func (l *loop) speculate(now time.Time) bool {
	if !l.cfg.Speculate || l.speculation.done || !now.Before(l.debounce.due()) {
		return false
	}
	l.speculation.done = true
	if l.debounce.single() && l.likely() {
		l.speculation.last++
		l.speculation.now = l.speculation.last
		select {
		case <-l.ahead: // outdated
		default:
		}
		l.ahead <- l.speculation.now // has room: only the loop sends
	}
	l.timer.Reset(l.pause(time.Now()))
	return true
}

// likely reports whether a dirty file has other bytes than it had, and none is empty or
// gone now, as a file is that a program is about to write.
func (l *loop) likely() bool {
	for _, p := range l.packages {
		if p.busy {
			return false
		}
	}
	found := false
	l.speculation.as = make(map[string]state, len(l.dirty))
	for path := range l.dirty {
		if !l.rules.Counts(path) {
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
