package load

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// outcome is all that a worker tells of one request.
type outcome struct {
	kind    int
	class   Class // OK still may become Stale: the history knows
	taken   taken
	version string // "" if the answer had none, or there is no answer

	first  bool      // on a connection that had not answered before
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

// stats is the run's one book. Workers write into it, anybody takes snapshots.
type stats struct {
	cfg Config // constant

	mu       sync.Mutex // guards all that follows
	started  time.Time
	ended    time.Time // zero while the run is on
	kinds    []kindBook
	races    Races
	examples []Example
	versions []VersionStats
	history  history
	ws       webSocketBook

	fresh     int       // workers of fresh kinds that have not ended
	lastFresh time.Time // when the last of their requests was completed
	gap       time.Duration

	waiters map[chan struct{}]bool // each of capacity 1, nudged at every outcome
}

type kindBook struct {
	counts  map[Class]uint64
	total   uint64
	dials   uint64
	closes  Closes
	latency histogram
}

func newStats(cfg Config, now time.Time) *stats {
	s := &stats{
		cfg: cfg, started: now, lastFresh: now,
		kinds:   make([]kindBook, len(cfg.Kinds)),
		history: history{order: cfg.Order, since: now},
		ws:      webSocketBook{WebSocketStats: WebSocketStats{Closes: map[int]uint64{}}},
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

// begin sets the clock of the run.
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

// closed counts an end of an idle connection that was seen in time.
func (s *stats) closed(kind int, how func(*Closes)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(&s.kinds[kind].closes)
	s.nudgeLocked()
}

// record judges one request for good.
func (s *stats) record(o outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	book, kind := &s.kinds[o.kind], &s.cfg.Kinds[o.kind]

	if o.version != "" {
		// What a wrong answer says of its version is true all the same.
		stale := s.history.learn(o.version, o.dialed, o.done)
		if stale && o.class == OK {
			o.class = Stale
		}
		s.versionLocked(o)
	}
	book.counts[o.class]++
	book.total++
	if o.complete {
		book.latency.add(max(0, o.latency-kind.Slow))
	}
	if o.class == OK && kind.fresh() {
		s.gap = max(s.gap, o.done.Sub(s.lastFresh))
		s.lastFresh = o.done
	}
	if o.class == Race {
		s.raceLocked(kind, book, o)
	}
	// By class, for a thousand refused requests must not hide the one reset.
	if o.class.Failure() && s.examplesLocked(o.class) < s.cfg.Examples {
		s.examples = append(s.examples, s.exampleLocked(kind, o))
	}
	s.nudgeLocked()
}

func (s *stats) versionLocked(o outcome) {
	i := slices.IndexFunc(s.versions, func(v VersionStats) bool { return v.Version == o.version })
	at := o.done.Sub(s.started)
	if i < 0 {
		i = len(s.versions)
		s.versions = append(s.versions, VersionStats{Version: o.version, First: at})
	}
	v := &s.versions[i]
	v.First, v.Last = min(v.First, at), max(v.Last, at)
	v.Answers++
	if o.first {
		v.Fresh++
	}
}

func (s *stats) raceLocked(kind *Kind, book *kindBook, o outcome) {
	book.closes.Raced++
	switch kind.Method {
	case http.MethodGet:
		s.races.GET++
	case http.MethodPost:
		s.races.POST++
	default:
		s.races.Other++
	}
	if o.taken == takenYes {
		s.races.Taken++
	}
	s.races.Longest = max(s.races.Longest, o.done.Sub(o.wrote))
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

// left notes that a worker has ended. When the last of the fresh ones does, no
// gap is open any more, however long others take to finish.
func (s *stats) left(kind *Kind, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !kind.fresh() {
		return
	}
	if s.fresh--; s.fresh == 0 {
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
		Elapsed:   now.Sub(s.started),
		Counts:    map[Class]uint64{},
		Versions:  slices.Clone(s.versions),
		Examples:  slices.Clone(s.examples),
		Races:     s.races,
		WebSocket: s.ws.statsLocked(),
	}
	for i := range snap.Versions {
		snap.Versions[i].Replaced = s.history.replaced(snap.Versions[i].Version)
	}
	snap.LongestGap = s.gap
	if s.fresh > 0 {
		snap.LongestGap = max(s.gap, now.Sub(s.lastFresh))
	}
	for i := range s.kinds {
		book := &s.kinds[i]
		snap.Kinds = append(snap.Kinds, KindStats{
			Name: s.cfg.Kinds[i].Name, Requests: book.total, Counts: maps.Clone(book.counts),
			Dials: book.dials, Closes: book.closes, Latency: book.latency.latency(),
		})
		snap.Requests += book.total
		for class, n := range book.counts {
			snap.Counts[class] += n
		}
		snap.Closes.Idle += book.closes.Idle
		snap.Closes.Reset += book.closes.Reset
		snap.Closes.Raced += book.closes.Raced
		snap.Closes.Announced += book.closes.Announced
		snap.LongestStall = max(snap.LongestStall, book.latency.max)
	}
	return snap
}

// suspendOrder stops judging by age until the function it returns is called.
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

// listen returns a channel that is nudged after every outcome.
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
		default: // a nudge is waiting already; the waiter will see all of it
		}
	}
}
