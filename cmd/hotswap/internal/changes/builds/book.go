package builds

import (
	"slices"
	"time"
)

const (
	// coarse is how far a file's clock may be behind: it moves with the kernel's
	// tick.
	coarse = 20 * time.Millisecond
	// twice is how often builds have to write a file without a difference.
	twice = 2
	// history is how many builds are remembered: changes are noticed late.
	history = 16
)

// Change is a file that differs, and when it did: by its own clock if it has one.
type Change struct {
	File   string
	At     time.Time
	Loaded bool // it counts only because the program has loaded it
}

// window is the time of one build.
type window struct {
	began, ended time.Time // ended is zero while it runs
	succeeded    bool
}

func (w window) holds(at time.Time) bool {
	return !at.Before(w.began.Add(-coarse)) && (w.ended.IsZero() || !at.After(w.ended))
}

// suspect is a file that changed while a build ran, and counted.
type suspect struct {
	last  time.Time // the beginning of the newest build that is known to have written it
	again int       // how many have since, without a difference
	told  bool      // it is known to be the work of builds
}

// Book knows when builds ran. The zero value is ready; one goroutine uses it.
type Book struct {
	windows  []window // oldest first
	suspects map[string]*suspect
}

// Began notes that a build begins.
func (b *Book) Began(at time.Time) {
	b.windows = append(b.windows, window{began: at})
	b.windows = b.windows[max(0, len(b.windows)-history):]
}

// Ended notes that the newest build is over.
func (b *Book) Ended(at time.Time, succeeded bool) {
	if n := len(b.windows); n > 0 {
		b.windows[n-1].ended, b.windows[n-1].succeeded = at, succeeded
	}
}

// During tells whether a build ran at that time.
func (b *Book) During(at time.Time) bool { return b.at(at) != nil }

// at is the build that ran then, or nil.
func (b *Book) at(at time.Time) *window {
	for i, w := range slices.Backward(b.windows) {
		if w.holds(at) {
			return &b.windows[i]
		}
	}
	return nil
}

// Sift parts the changes of a batch: own are the work of builds; learned are those
// of them that are known to be so from now on. changedAt tells when a file was last
// written; what has changed before settled has come in a batch by now.
func (b *Book) Sift(settled time.Time, changes []Change, changedAt func(file string) time.Time) (now, own []Change, learned []string) {
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.File] = true
	}
	for file, s := range b.suspects {
		if !changed[file] {
			b.rewritten(settled, file, s, changedAt(file))
		}
	}
	for _, c := range changes {
		w, s := b.at(c.At), b.suspects[c.File]
		switch {
		case w == nil:
			delete(b.suspects, c.File) // others write it too
			now = append(now, c)
		case c.Loaded:
			own = append(own, c)
		case s != nil && s.again >= twice:
			if !s.told {
				s.told = true
				learned = append(learned, c.File)
			}
			s.last = w.began
			own = append(own, c)
		default:
			if s == nil {
				s = &suspect{}
				b.suspect(c.File, s)
			}
			s.last = w.began
			now = append(now, c)
		}
	}
	return now, own, learned
}

func (b *Book) suspect(file string, s *suspect) {
	if b.suspects == nil {
		b.suspects = map[string]*suspect{}
	}
	b.suspects[file] = s
}

// rewritten looks at a suspect that is as it was: a later build has written it all
// the same, or the newest that succeeded has not, and somebody else did then.
func (b *Book) rewritten(settled time.Time, file string, s *suspect, at time.Time) {
	newest := b.succeeded(settled)
	switch {
	case newest == nil || !newest.began.After(s.last) || at.After(newest.ended):
		return
	case !at.After(newest.began): // without allowance: a save that began it is no work of its own
		delete(b.suspects, file)
		return
	}
	s.last = newest.began
	s.again++
}

// succeeded is the newest build that has, of those that ended before.
func (b *Book) succeeded(before time.Time) *window {
	for i, w := range slices.Backward(b.windows) {
		if w.succeeded && w.ended.Before(before) {
			return &b.windows[i]
		}
	}
	return nil
}
