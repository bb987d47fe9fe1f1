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

// DuplexConfig describes a run of WebSocket clients. Every field but URL may be zero.
type DuplexConfig struct {
	URL       string        // ws://127.0.0.1:4000/internal/cdc. Required.
	Clients   int           // default 1
	SendEvery time.Duration // interval between messages of a client, which does not wait for echoes; default 40 ms

	Timeout time.Duration // for an opening handshake, and for the last echoes once the run is over; default 10 s
	Silence time.Duration // shortest silence to keep with its time; default 100 ms
}

// message is a message from the server.
type message struct {
	Echo    []byte // the text that the client had sent; nil: no echo
	Push    uint64 // the number of a message that the server sent by itself; 0: none
	Version string // of the program; may be empty
}

// Duplex is one run of clients that send numbered messages in a fixed rhythm. The
// server echoes them and sends numbered messages of its own. On each connection, none
// may be lost, doubled or out of order.
type Duplex struct {
	cfg     DuplexConfig    // constant, with defaults
	clients []*duplexClient // constant
	begun   atomic.Bool
	done    chan struct{} // closed when Run has returned
}

// NewDuplex returns a Duplex that has not begun.
func NewDuplex(cfg DuplexConfig) *Duplex {
	if cfg.Clients <= 0 {
		cfg.Clients = 1
	}
	if cfg.SendEvery <= 0 {
		cfg.SendEvery = 40 * time.Millisecond
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Silence <= 0 {
		cfg.Silence = 100 * time.Millisecond
	}
	d := &Duplex{cfg: cfg, done: make(chan struct{})}
	for n := range cfg.Clients {
		d.clients = append(d.clients, &duplexClient{cfg: cfg, number: n + 1})
	}
	return d
}

// Run sends until ctx ends. It returns when all connections are closed.
func (d *Duplex) Run(ctx context.Context) error {
	if !d.begun.CompareAndSwap(false, true) {
		return ErrBegun
	}
	defer close(d.done)
	var running sync.WaitGroup
	for i, c := range d.clients {
		// Spreads the clients over the interval.
		offset := d.cfg.SendEvery * time.Duration(i) / time.Duration(len(d.clients))
		running.Go(func() { c.run(ctx, offset) })
	}
	running.Wait()
	return nil
}

// Wait waits for the end of Run and returns the results.
func (d *Duplex) Wait() DuplexStats {
	<-d.done
	return d.Stats()
}

// Await waits until the results satisfy want. It polls, because a notification for each
// of ten thousand messages a second would cost more than the messages.
func (d *Duplex) Await(ctx context.Context, want func(DuplexStats) bool) error {
	return await(ctx, d.done, func() bool { return want(d.Stats()) })
}

// Stats returns the results so far.
func (d *Duplex) Stats() DuplexStats {
	now, s := time.Now(), DuplexStats{Versions: map[string]int{}, Closes: map[int]uint64{}, Failed: map[string]uint64{}}
	for _, c := range d.clients {
		c.addTo(&s, now)
	}
	slices.SortFunc(s.Returns, func(a, b Return) int { return cmp.Compare(a.Took, b.Took) })
	slices.SortFunc(s.Silences, func(a, b Silence) int { return a.From.Compare(b.From) })
	return s
}

// DuplexStats is a copy of the results of a Duplex.
type DuplexStats struct {
	Dials    uint64
	Open     int               // connections open now
	Versions map[string]int    // open connections by the version of their last message
	Failed   map[string]uint64 // failed openings by reason
	Closes   map[int]uint64    // by the server, by close code; 1006: without a close frame
	Moved    uint64            // how often the version changed on an open connection

	Sent   uint64 // by the clients
	Echoes Tally
	Pushes Tally
	Owed   uint64 // not echoed before the end of their connection or of the run
	Other  uint64 // unknown messages, or echoes of another client's messages

	Returns     []Return      // the quickest first
	LongestEcho time.Duration // from the write to the echo
	Longest     Silence       // of one connection
	Silences    []Silence     // from DuplexConfig.Silence on, by time
}

// Return describes how a client connected again.
type Return struct {
	Ended time.Time     // when the client saw the end
	Took  time.Duration // until the new connection was open
}

// Tally counts the messages of one direction.
type Tally struct {
	Received   uint64 // doubled ones included
	Lost       uint64 // skipped, and not received later
	Doubled    uint64
	Disordered uint64 // received after a later one
}

// Whole reports whether each message came once and in order.
func (t Tally) Whole() bool { return t.Lost == 0 && t.Doubled == 0 && t.Disordered == 0 }

func (t Tally) String() string {
	return fmt.Sprintf("%d (%d lost, %d doubled, %d out of order)", t.Received, t.Lost, t.Doubled, t.Disordered)
}

// Silence is a time without a message on one open connection.
type Silence struct {
	Client   int
	From, To time.Time
}

// Length returns the duration of the silence.
func (s Silence) Length() time.Duration { return s.To.Sub(s.From) }

// Return returns a percentile of the returns: 0.5 is the median, 1 the longest.
func (s DuplexStats) Return(part float64) time.Duration {
	if len(s.Returns) == 0 {
		return 0
	}
	return s.Returns[min(len(s.Returns)-1, int(part*float64(len(s.Returns))))].Took
}

// String returns a few lines.
func (s DuplexStats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d opened (%d open), closes %v, %d moved", s.Dials, s.Open, s.Closes, s.Moved)
	if len(s.Failed) > 0 {
		fmt.Fprintf(&b, ", failed openings %v", s.Failed)
	}
	fmt.Fprintf(&b, "\n  %d sent, echoes %v, %d owed, slowest %v; pushes %v", s.Sent, s.Echoes, s.Owed, round(s.LongestEcho), s.Pushes)
	if s.Other > 0 {
		fmt.Fprintf(&b, "; %d OTHER MESSAGES", s.Other)
	}
	fmt.Fprintf(&b, "\n  longest silence %v (client %d)", round(s.Longest.Length()), s.Longest.Client)
	if len(s.Returns) > 0 {
		fmt.Fprintf(&b, "; %d returns: median %v, 99 in 100 %v, longest %v",
			len(s.Returns), round(s.Return(0.5)), round(s.Return(0.99)), round(s.Return(1)))
	}
	return b.String()
}
