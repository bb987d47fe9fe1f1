package watch

import (
	"path/filepath"
	"time"
)

const (
	// followWindow is how soon after the last event another one belongs to the same series.
	followWindow = 300 * time.Millisecond
	// A save whose follow-up is expected waits for that at least and at most this long.
	leastFollowWait = 150 * time.Millisecond
	mostFollowWait  = 300 * time.Millisecond
	// enoughFollowed is how many saves in a row must be followed before one waits.
	enoughFollowed = 2
	// enoughInVain is how many saves in a row must wait for nothing before none waits. Then
	// twice as many as before must be followed, up to mostFollowed.
	enoughInVain = 2
	mostFollowed = 64
	// aloneFor is how long a file that changed without a save before it is no follow-up.
	aloneFor = time.Minute
	// maxLessons bounds the memory of folders and kinds, and of paths.
	maxLessons = 1024
)

// series is a save with what follows it: events with pauses shorter than followWindow, perhaps
// in several batches. A follow-up is a change that comes after the saved file was complete:
// a formatter writes the file again, a generator writes others.
type series struct {
	path     string // of its first event
	begun    time.Time
	last     time.Time
	others   bool          // events named other files, too
	complete bool          // the file was complete, or a batch was, since the last event
	ended    bool          // a batch was complete
	follows  int           // follow-ups
	at       time.Duration // from the beginning to the last event of a follow-up

	expects int           // follow-ups that are waited for; 0: none
	wait    time.Duration // for them, from the beginning

	confirmed int           // follow-ups that changed something
	delay     time.Duration // of the last of them
	met       bool          // one came while the batch waited
}

// follow counts an event.
func (d *debounce) follow(now time.Time, path string) {
	s := &d.series
	if s.begun.IsZero() || now.Sub(s.last) >= followWindow {
		d.lessons.learn(*s)
		*s = series{path: path, begun: now, last: now, others: path == ""}
		d.lessons.apply(s)
		return
	}
	// What did not change for the long quiet time was complete as well.
	complete := s.complete || now.Sub(s.last) >= d.long
	s.last = now
	if path != s.path {
		s.others = true
		if at, ok := d.lessons.alone[path]; path == "" || ok && now.Sub(at) < aloneFor {
			return
		}
	}
	if complete {
		s.follows++
	}
	s.complete = false
	if s.follows > 0 {
		s.at = now.Sub(s.begun)
	}
}

// deadline returns until when the batch waits for follow-ups; zero: it does not.
func (s *series) deadline() time.Time {
	if s.ended || s.follows >= s.expects {
		return time.Time{}
	}
	return s.begun.Add(s.wait)
}

// end notes that a batch was complete, and whether it changed something. What changed
// nothing was no save.
func (s *series) end(changed bool) {
	if !changed && !s.ended {
		*s = series{}
		return
	}
	if changed && s.follows > s.confirmed {
		s.confirmed, s.delay = s.follows, s.at
		s.met = s.met || !s.ended
	}
	s.complete, s.ended = true, true
}

// lessons are what earlier saves have taught about follow-ups, by the kind of the saved
// file and by its folder and kind. The zero value is ready.
type lessons struct {
	by    map[string]*lesson
	alone map[string]time.Time // when a path last began a series: no save caused that change
}

// lesson is what the last saves of a kind have taught.
type lesson struct {
	saves    int           // in all, up to enoughFollowed
	followed int           // in a row
	inVain   int           // in a row that waited, and no follow-up came in that time
	needed   int           // saves in a row that must be followed; 0: enoughFollowed
	changes  int           // follow-ups of the last one
	delay    time.Duration // from a save to the last of them: the longest, with a decay
}

// learn takes in a series that is over.
func (l *lessons) learn(r series) {
	if r.path == "" {
		return
	}
	if l.by == nil || len(l.by) >= maxLessons || len(l.alone) >= maxLessons {
		l.by, l.alone = map[string]*lesson{}, map[string]time.Time{}
	}
	l.alone[r.path] = r.begun
	for _, key := range keys(r.path) {
		if l.by[key] == nil {
			l.by[key] = &lesson{}
		}
		l.by[key].learn(r)
	}
}

// keys are the lessons of a file: that of its folder, and that of its kind.
func keys(path string) [2]string {
	kind := filepath.Ext(path)
	return [2]string{filepath.Dir(path) + "\x00" + kind, kind}
}

func (l *lesson) learn(r series) {
	l.saves = min(l.saves+1, enoughFollowed)
	waited := r.wait > 0
	switch {
	case waited && !r.met:
		if l.inVain++; l.inVain >= enoughInVain {
			*l = lesson{saves: l.saves, needed: min(2*max(l.needed, enoughFollowed), mostFollowed)}
		}
	case r.confirmed == 0 || r.delay >= mostFollowWait:
		l.followed, l.changes, l.delay = 0, 0, 0
	default:
		if waited {
			l.needed = 0
		}
		l.followed, l.inVain = l.followed+1, 0
		l.changes, l.delay = r.confirmed, max(l.delay-l.delay/8, r.delay)
	}
}

// apply has a series wait for the follow-ups that are to be expected.
func (l *lessons) apply(r *series) {
	for _, key := range keys(r.path) {
		k := l.by[key]
		if k == nil || k.saves < enoughFollowed {
			continue // too little is known of the folder: the kind decides
		}
		if k.followed >= max(k.needed, enoughFollowed) {
			r.expects, r.wait = k.changes, min(max(k.delay*3/2, leastFollowWait), mostFollowWait)
		}
		return
	}
}
