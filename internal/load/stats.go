package load

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// outcome describes one request for the stats.
type outcome struct {
	kind    int
	class   Class // OK may still become Stale
	taken   taken
	version string // empty if there is none

	dialed time.Time // when the connection's dial began
	wrote  time.Time // zero if nothing was written
	done   time.Time

	complete bool // an answer was read to its end
	latency  time.Duration

	target, local string
	request       int
	got           int64
	err           error
}

// stats collects the outcomes of a run.
type stats struct {
	cfg Config // constant

	mu       sync.Mutex // guards the following fields
	started  time.Time
	ended    time.Time // zero while the run is on
	kinds    []kindTally
	examples []Example
	versions []VersionStats
	history  history

	fresh     int       // workers of fresh kinds that have not ended
	lastFresh time.Time // when the last of their requests was completed
	gap       time.Duration

	waiters map[chan struct{}]bool // each of capacity 1
}

type kindTally struct {
	counts  map[Class]uint64
	total   uint64
	dials   uint64
	closes  Closes
	longest time.Duration
}

func newStats(cfg Config, now time.Time) *stats {
	s := &stats{
		cfg: cfg, started: now, lastFresh: now,
		kinds:   make([]kindTally, len(cfg.Kinds)),
		history: history{since: now},
		waiters: map[chan struct{}]bool{},
	}
	for i := range s.kinds {
		s.kinds[i].counts = map[Class]uint64{}
		if cfg.Kinds[i].fresh() {
			s.fresh += cfg.Kinds[i].Workers
		}
	}
	return s
}

// begin sets the start of the run.
func (s *stats) begin(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.lastFresh, s.history.since = now, now, now
}

func (s *stats) dial(kind int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kinds[kind].dials++
}

// closed counts the close of an idle connection that a worker saw before its write.
func (s *stats) closed(kind int, how func(*Closes)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(&s.kinds[kind].closes)
	s.nudgeLocked()
}

// record classifies and counts a request.
func (s *stats) record(o outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	book, kind := &s.kinds[o.kind], &s.cfg.Kinds[o.kind]

	if o.version != "" {
		// The version of a wrong answer counts, too.
		stale := s.history.learn(o.version, o.dialed, o.done)
		if stale && o.class == OK {
			o.class = Stale
		}
		s.versionLocked(o.version)
	}
	book.counts[o.class]++
	book.total++
	if o.complete {
		book.longest = max(book.longest, o.latency-kind.Slow)
	}
	if o.class == OK && kind.fresh() {
		s.gap = max(s.gap, o.done.Sub(s.lastFresh))
		s.lastFresh = o.done
	}
	if o.class == Race {
		book.closes.Raced++
	}
	// By class, so that a thousand refused requests do not hide one reset.
	if o.class.Failure() && s.examplesLocked(o.class) < s.cfg.Examples {
		s.examples = append(s.examples, s.exampleLocked(kind, o))
	}
	s.nudgeLocked()
}

func (s *stats) versionLocked(version string) {
	i := slices.IndexFunc(s.versions, func(v VersionStats) bool { return v.Version == version })
	if i < 0 {
		i = len(s.versions)
		s.versions = append(s.versions, VersionStats{Version: version})
	}
	s.versions[i].Answers++
}

func (s *stats) examplesLocked(class Class) (n int) {
	for _, e := range s.examples {
		if e.Class == class {
			n++
		}
	}
	return n
}

func (s *stats) exampleLocked(kind *Kind, o outcome) Example {
	e := Example{
		Kind: kind.Name, Class: o.class, Target: o.target, Local: o.local,
		At: o.done.Sub(s.started), ConnAge: o.done.Sub(o.dialed),
		Request: o.request, Got: o.got, Taken: o.taken.String(), Version: o.version,
	}
	if !o.wrote.IsZero() {
		e.SinceWrite = o.done.Sub(o.wrote)
	}
	switch {
	case o.err != nil:
		e.Err = o.err.Error()
	case o.class == Stale:
		e.Err = "a newer version had answered before the dial"
	}
	return e
}

// left records the end of a worker. The last fresh worker ends the current gap.
func (s *stats) left(kind *Kind, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !kind.fresh() {
		return
	}
	s.fresh--
	if s.fresh == 0 {
		s.gap = max(s.gap, now.Sub(s.lastFresh))
	}
}

func (s *stats) end(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = now
	s.nudgeLocked()
}

func (s *stats) snapshot(now time.Time) Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended.IsZero() {
		now = s.ended
	}
	snap := Snapshot{
		Elapsed:  now.Sub(s.started),
		Counts:   map[Class]uint64{},
		Versions: slices.Clone(s.versions),
		Examples: slices.Clone(s.examples),
	}
	snap.LongestGap = s.gap
	if s.fresh > 0 {
		snap.LongestGap = max(s.gap, now.Sub(s.lastFresh))
	}
	for i := range s.kinds {
		book := &s.kinds[i]
		snap.Kinds = append(snap.Kinds, KindStats{
			Name: s.cfg.Kinds[i].Name, Requests: book.total, Counts: maps.Clone(book.counts),
			Dials: book.dials, Closes: book.closes, Longest: book.longest,
		})
		snap.Requests += book.total
		for class, n := range book.counts {
			snap.Counts[class] += n
		}
		snap.Closes.Idle += book.closes.Idle
		snap.Closes.Reset += book.closes.Reset
		snap.Closes.Raced += book.closes.Raced
		snap.Closes.Announced += book.closes.Announced
		snap.LongestStall = max(snap.LongestStall, book.longest)
	}
	return snap
}

// suspendOrder allows answers of older versions until resume is called.
func (s *stats) suspendOrder() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.suspended++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.history.suspended--
		s.history.highs = nil
		s.history.since = time.Now()
	})
}

// listen returns a channel that receives after outcomes, at least once after the last.
func (s *stats) listen() (nudge <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters[ch] = true
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiters, ch)
	}
}

func (s *stats) nudgeLocked() {
	for ch := range s.waiters {
		select {
		case ch <- struct{}{}:
		default: // the waiter has not yet read the last one
		}
	}
}
