package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// EventsConfig describes a run of clients that read event streams. Every field but Target
// may be zero.
type EventsConfig struct {
	Target  string        // 127.0.0.1:4000. Required.
	Path    string        // default /events
	Clients int           // default 1
	Retry   time.Duration // until a client connects again, unless the stream says otherwise; default 100 ms
	Timeout time.Duration // for the head of the answer; default 10 s
}

// Events is one run of clients that read event streams as a browser's EventSource does:
// each connects again after any end, and names the last event that it has got.
type Events struct {
	cfg     EventsConfig   // constant, with defaults
	clients []*eventClient // constant
	begun   atomic.Bool
	done    chan struct{} // closed when Run has returned
}

// How a server ends an event stream.
const (
	EndClean = "clean" // the answer is whole
	EndCut   = "cut"   // the connection ends before the answer does
	EndReset = "reset" // the connection is reset
)

// EventsStats is a copy of the results of Events.
type EventsStats struct {
	Opened   uint64
	Open     int               // streams open now
	Versions map[string]int    // open streams by the version of their last event
	Failed   map[string]uint64 // attempts that opened no stream, by reason
	Ends     map[string]uint64 // by the server: EndClean, EndCut or EndReset
	Split    uint64            // ends in the middle of an event
	Events   uint64
	Returns  []Return // the quickest first; with the time that the client waits before it connects
}

// NewEvents returns an Events that has not begun.
func NewEvents(cfg EventsConfig) *Events {
	if cfg.Path == "" {
		cfg.Path = "/events"
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 100 * time.Millisecond
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	e := &Events{cfg: cfg, done: make(chan struct{})}
	for range max(1, cfg.Clients) {
		e.clients = append(e.clients, &eventClient{cfg: cfg})
	}
	return e
}

// Run reads until ctx ends. It returns when all connections are closed.
func (e *Events) Run(ctx context.Context) error {
	if !e.begun.CompareAndSwap(false, true) {
		return ErrBegun
	}
	defer close(e.done)
	var running sync.WaitGroup
	for _, c := range e.clients {
		running.Go(func() { c.run(ctx) })
	}
	running.Wait()
	return nil
}

// Wait waits for the end of Run and returns the results.
func (e *Events) Wait() EventsStats {
	<-e.done
	return e.Stats()
}

// Await waits until the results satisfy want. It polls.
func (e *Events) Await(ctx context.Context, want func(EventsStats) bool) error {
	return await(ctx, e.done, func() bool { return want(e.Stats()) })
}

// Stats returns the results so far.
func (e *Events) Stats() EventsStats {
	s := EventsStats{Versions: map[string]int{}, Failed: map[string]uint64{}, Ends: map[string]uint64{}}
	for _, c := range e.clients {
		c.addTo(&s)
	}
	slices.SortFunc(s.Returns, func(a, b Return) int { return cmp.Compare(a.Took, b.Took) })
	return s
}

// Return returns a percentile of the returns: 0.5 is the median, 1 the longest.
func (s EventsStats) Return(part float64) time.Duration {
	if len(s.Returns) == 0 {
		return 0
	}
	return s.Returns[min(len(s.Returns)-1, int(part*float64(len(s.Returns))))].Took
}

// String returns one line.
func (s EventsStats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d streams opened (%d open), %d events; ends %v, %d in the middle of an event", s.Opened, s.Open, s.Events, s.Ends, s.Split)
	if len(s.Failed) > 0 {
		fmt.Fprintf(&b, ", failed %v", s.Failed)
	}
	if len(s.Returns) > 0 {
		fmt.Fprintf(&b, "; %d returns: median %v, longest %v", len(s.Returns), round(s.Return(0.5)), round(s.Return(1)))
	}
	return b.String()
}
