package load

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// DuplexConfig describes a run of WebSocket clients. Every field but URL may be zero.
type DuplexConfig struct {
	URL     string        // ws://127.0.0.1:4000/internal/cdc. Required.
	Clients int           // default 1
	Timeout time.Duration // for an opening handshake, and for the last echoes once the run is over; default 10 s
}

// sendEvery is the interval between messages of a client, which does not wait for echoes.
const sendEvery = 40 * time.Millisecond

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
	done    chan struct{}   // closed when Run has returned
}

// NewDuplex returns a Duplex that has not begun.
func NewDuplex(cfg DuplexConfig) *Duplex {
	if cfg.Clients <= 0 {
		cfg.Clients = 1
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	d := &Duplex{cfg: cfg, done: make(chan struct{})}
	for n := range cfg.Clients {
		d.clients = append(d.clients, &duplexClient{cfg: cfg, number: n + 1})
	}
	return d
}

// Run sends until ctx ends. It returns when all connections are closed. It may be called once.
func (d *Duplex) Run(ctx context.Context) {
	defer close(d.done)
	var running sync.WaitGroup
	for i, c := range d.clients {
		// Spreads the clients over the interval.
		offset := sendEvery * time.Duration(i) / time.Duration(len(d.clients))
		running.Go(func() { c.run(ctx, offset) })
	}
	running.Wait()
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
	s := DuplexStats{Versions: map[string]int{}, Closes: map[int]uint64{}, Failed: map[string]uint64{}}
	for _, c := range d.clients {
		c.addTo(&s)
	}
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

	Back time.Duration // longest time from the end of a connection until its client had another one
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

// String returns two lines.
func (s DuplexStats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d opened (%d open), closes %v, %d moved", s.Dials, s.Open, s.Closes, s.Moved)
	if len(s.Failed) > 0 {
		fmt.Fprintf(&b, ", failed openings %v", s.Failed)
	}
	fmt.Fprintf(&b, "\n  %d sent, echoes %v, %d owed; pushes %v; all back within %v", s.Sent, s.Echoes, s.Owed,
		s.Pushes, round(s.Back))
	if s.Other > 0 {
		fmt.Fprintf(&b, "; %d OTHER MESSAGES", s.Other)
	}
	return b.String()
}
