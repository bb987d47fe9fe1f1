package load

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// EventsConfig describes a run of clients that read event streams. Every field but Target
// may be zero.
type EventsConfig struct {
	Target  string        // 127.0.0.1:4000. Required.
	Clients int           // default 1
	Retry   time.Duration // until a client connects again, unless the stream says otherwise; default 100 ms
	Timeout time.Duration // for the head of the answer; default 10 s
}

// Events is one run of clients that read the event stream /events as a browser's EventSource does:
// each connects again after any end, and names the last event that it has got.
type Events struct {
	cfg     EventsConfig   // constant, with defaults
	clients []*eventClient // constant
	done    chan struct{}  // closed when Run has returned
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
}

// NewEvents returns an Events that has not begun.
func NewEvents(cfg EventsConfig) *Events {
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

// Run reads until ctx ends. It returns when all connections are closed. It may be called once.
func (e *Events) Run(ctx context.Context) {
	defer close(e.done)
	var running sync.WaitGroup
	for _, c := range e.clients {
		running.Go(func() { c.run(ctx) })
	}
	running.Wait()
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
	return s
}

// String returns one line.
func (s EventsStats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d streams opened (%d open), %d events; ends %v, %d in the middle of an event", s.Opened, s.Open,
		s.Events, s.Ends, s.Split)
	if len(s.Failed) > 0 {
		fmt.Fprintf(&b, ", failed %v", s.Failed)
	}
	return b.String()
}
