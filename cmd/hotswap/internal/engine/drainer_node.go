package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// What a WebSocket is told, RFC 6455, section 7.4, and IANA's list.
const (
	closeGoingAway = 1001
	closeRestart   = 1012
)

// parked is how long a connection of a generation that drains must have been silent
// to be ended. Who asks more often learns by an answer that he is to ask elsewhere.
const parked = time.Second

// parting is what becomes of WebSockets whose process is replaced.
type parting struct {
	spread time.Duration // over which they are told
	// keep is how long what is under way on one may take to end, so that it can be
	// handed over; 0: none is. Nil likewise.
	keep func() time.Duration
}

// manner is how a generation drains: held, it may serve again, and only the clients
// that go on asking are moved.
func (p parting) manner(r supervisor.DrainRequest) node.DrainOptions {
	switch {
	case r.Held:
		return node.DrainOptions{}
	case !r.Steered: // nobody serves after it
		return node.DrainOptions{Idle: parked, CloseReason: &node.CloseReason{Code: closeGoingAway, Reason: "going away"}}
	}
	g := &node.CloseReason{Code: closeRestart, Reason: "service restart", SpreadMS: p.spread.Milliseconds()}
	if p.keep != nil {
		if within := p.keep(); within > 0 {
			g.Keep = &node.Keep{WithinMS: within.Milliseconds()}
		}
	}
	return node.DrainOptions{Idle: parked, CloseReason: g}
}

// nodeDrain drains a generation some of whose processes have an adapter, and the
// rest of it from outside.
type nodeDrain struct {
	outside  *drain.Drain
	adapters *node.Session
	manner   node.DrainOptions
	stopping atomic.Bool
	begun    bool // Run's

	mu       sync.Mutex // guards what follows, and reporting
	seen     drain.Report
	told     node.State
	reporter func(supervisor.DrainReport)
}

// Run asks the adapters and watches the others at the same time. Nothing is busy
// when both have said so one after the other: first the queues and what is watched,
// then the adapters, who have accepted meanwhile who left a queue.
func (d *nodeDrain) Run(ctx context.Context, report func(supervisor.DrainReport)) error {
	d.mu.Lock()
	d.reporter = report
	d.mu.Unlock()
	if !d.begun {
		d.adapters.Drain(d.manner)
		d.begun = true
	}
	for {
		err := d.both(ctx)
		if ctx.Err() != nil {
			d.adapters.Resume() // it serves again, or is gone
			return ctx.Err()
		}
		if err != nil || d.stopping.Load() || !d.adapters.Any() {
			return err
		}
		if err := d.watch(ctx); err != nil {
			continue // the end of ctx, which the next turn finds
		}
		if sum, err := d.adapters.Look(ctx); err == nil && sum.Busy == 0 {
			return nil
		}
	}
}

// Stopping tells that from now on Run returns only when no connection is left.
func (d *nodeDrain) Stopping() {
	d.stopping.Store(true)
	d.outside.Stopping()
}

// both returns when each has seen a quiet moment; once the program was told to
// stop, when no connection is left.
func (d *nodeDrain) both(ctx context.Context) error {
	var watching sync.WaitGroup
	var err error
	watching.Go(func() { err = d.watch(ctx) })
	_ = d.adapters.Wait(ctx, func(s node.State) bool {
		d.report(nil, &s)
		return s.Busy == 0 && (!d.stopping.Load() || s.Connections == 0)
	})
	watching.Wait()
	return err
}

// watch is Run of what is watched. Where nobody can watch, and adapters tell, they
// tell of all that can be known.
func (d *nodeDrain) watch(ctx context.Context) error {
	_, err := d.outside.Run(ctx, func(r drain.Report) { d.report(&r, nil) })
	if errors.Is(err, drain.ErrUnsupported) && d.adapters.Any() {
		return nil
	}
	return err
}

// report adds up what both have said last.
func (d *nodeDrain) report(seen *drain.Report, told *node.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := reportOf(d.seen, d.told)
	if seen != nil {
		d.seen = *seen
	}
	if told != nil {
		d.told = *told
	}
	if r := reportOf(d.seen, d.told); r != before || seen != nil {
		d.reporter(r)
	}
}

func reportOf(r drain.Report, s node.State) supervisor.DrainReport {
	return supervisor.DrainReport{
		Connections: r.Busy + r.InUse + r.Quiet + s.Connections, Busy: r.Busy + r.InUse + s.Busy,
		Waiting: r.Waiting, Finished: r.Finished + s.Finished, Closed: r.Closed + s.Closed,
	}
}
