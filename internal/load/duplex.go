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

// DuplexConfig says whom WebSocket clients talk to that send and hear at the same
// time. The zero value of every field but URL works.
type DuplexConfig struct {
	URL       string        // ws://127.0.0.1:4000/internal/cdc. Required.
	Clients   int           // default 1
	SendEvery time.Duration // a client sends so often, whether the echoes come or not; default 40 ms
	Limit     int           // messages that a client sends on one connection; 0: until the run ends

	// Read says what a message is. Default: ExampleMessage.
	Read func(data []byte) Heard

	Timeout time.Duration // for an opening handshake, and for the last echoes once the run is over; default 10 s
	Silence time.Duration // silences from this length on are kept with their time; default 100 ms
}

// Heard is what a client has been told by one message.
type Heard struct {
	Echo    []byte // the text that the client had sent, nil if it is none
	Push    uint64 // the number of a message that nobody asked for, 0 if it is none
	Version string // of the program, "" if it does not say
}

// Duplex is one run of clients that send messages in a fixed rhythm, without
// waiting for the echo, and hear the echoes and what the server sends by itself.
// Both are numbered: on each connection, what comes must be neither lost nor doubled
// nor out of order.
type Duplex struct {
	cfg     DuplexConfig // constant, with defaults
	talkers []*talker    // constant
	begun   atomic.Bool
	done    chan struct{} // closed when Run has returned
}

// NewDuplex prepares a run.
func NewDuplex(cfg DuplexConfig) *Duplex {
	if cfg.Clients <= 0 {
		cfg.Clients = 1
	}
	if cfg.SendEvery <= 0 {
		cfg.SendEvery = 40 * time.Millisecond
	}
	if cfg.Read == nil {
		cfg.Read = ExampleMessage
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Silence <= 0 {
		cfg.Silence = 100 * time.Millisecond
	}
	d := &Duplex{cfg: cfg, done: make(chan struct{})}
	for n := range cfg.Clients {
		d.talkers = append(d.talkers, &talker{cfg: cfg, number: n + 1})
	}
	return d
}

// Run talks until ctx ends, or every client has sent its Limit and heard the
// echoes, and returns when all connections are closed.
func (d *Duplex) Run(ctx context.Context) error {
	if !d.begun.CompareAndSwap(false, true) {
		return ErrBegun
	}
	defer close(d.done)
	var talkers sync.WaitGroup
	for i, t := range d.talkers {
		// Evenly over the rhythm, as clients that came one by one.
		offset := d.cfg.SendEvery * time.Duration(i) / time.Duration(len(d.talkers))
		talkers.Go(func() { t.run(ctx, offset) })
	}
	talkers.Wait()
	return nil
}

// Wait waits for the end of Run and says what was seen.
func (d *Duplex) Wait() DuplexStats {
	<-d.done
	return d.Stats()
}

// Await waits until what was seen satisfies want. It looks every few milliseconds:
// to be nudged by each of ten thousand messages a second would cost more than the
// messages.
func (d *Duplex) Await(ctx context.Context, want func(DuplexStats) bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !want(d.Stats()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-d.done:
			if !want(d.Stats()) {
				return ErrEnded
			}
			return nil
		}
	}
	return nil
}

// Stats is what was seen so far.
func (d *Duplex) Stats() DuplexStats {
	now, s := time.Now(), DuplexStats{Versions: map[string]int{}, Closes: map[int]uint64{}, Failed: map[string]uint64{}}
	for _, t := range d.talkers {
		t.addTo(&s, now)
	}
	slices.SortFunc(s.Returns, func(a, b Return) int { return cmp.Compare(a.Took, b.Took) })
	slices.SortFunc(s.Silences, func(a, b Silence) int { return a.From.Compare(b.From) })
	return s
}

// DuplexStats is what the clients of a Duplex have seen. It is a copy.
type DuplexStats struct {
	Dials    uint64
	Open     int               // connections open now
	Versions map[string]int    // of them, by the version heard last
	Failed   map[string]uint64 // openings that failed, by reason
	Closes   map[int]uint64    // ends that the server made, by close code; 1006: without a close frame
	Moved    uint64            // how often a connection lived on with another version of the program

	Sent   uint64 // by the clients
	Echoes Tally
	Pushes Tally
	Owed   uint64 // sent and not echoed when their connection ended, or when the run did
	Other  uint64 // messages that are neither, or another client's

	Returns     []Return      // the quickest first
	LongestEcho time.Duration // from the write to the echo
	Longest     Silence       // of one connection: nothing came
	Silences    []Silence     // those of DuplexConfig.Silence and longer, by time
}

// Return is how a client came back.
type Return struct {
	Ended time.Time     // when it saw the end
	Took  time.Duration // until the new connection was open
}

// Tally counts the messages of one direction.
type Tally struct {
	Received   uint64 // those that came twice, twice
	Lost       uint64 // passed over, and not come since
	Doubled    uint64
	Disordered uint64 // they came after a later one
}

// Whole says that each came once and in its turn.
func (t Tally) Whole() bool { return t.Lost == 0 && t.Doubled == 0 && t.Disordered == 0 }

func (t Tally) String() string {
	return fmt.Sprintf("%d (%d lost, %d doubled, %d out of order)", t.Received, t.Lost, t.Doubled, t.Disordered)
}

// Silence is a time in which nothing came on one open connection.
type Silence struct {
	Client   int
	From, To time.Time
}

// Length is how long it was.
func (s Silence) Length() time.Duration { return s.To.Sub(s.From) }

// Return is how long so many of all returns took at most: 0.5 is the median, 1 the
// longest.
func (s DuplexStats) Return(part float64) time.Duration {
	if len(s.Returns) == 0 {
		return 0
	}
	return s.Returns[min(len(s.Returns)-1, int(part*float64(len(s.Returns))))].Took
}

// String puts the stats on a few lines.
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
