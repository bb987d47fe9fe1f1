package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// drainer returns the supervisor's drainer: the adapters of Node's and Bun's processes, and
// handoff/drain for all others.
func drainer(adapters *node.Transport, p drainPolicy) run.Drainer {
	return func(r run.DrainRequest) run.Drain {
		cfg := drain.Config{
			Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting,
			CanGetFD: drain.CanGetFD(r.Tree()), Leave: r.Leave, Mover: p.mover(r), End: !r.Steered && !r.Held,
		}
		a := adapters.Of(r.Gen)
		if a == nil {
			return outsideDrain{drain.New(cfg)}
		}
		cfg.SelfReported = a.Tells
		return &nodeDrain{outside: drain.New(cfg), adapters: a, options: p.options(r)}
	}
}

// outsideDrain drains a generation without adapters.
type outsideDrain struct{ *drain.Drain }

func (d outsideDrain) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	_, err := d.Drain.Run(ctx, func(r drain.Report) { reporter(reportOf(&r, &node.State{})) })
	return err
}

// nodeDrain drains a generation: the processes that have an adapter by that, and the others
// from outside.
type nodeDrain struct {
	outside  *drain.Drain
	adapters *node.Session
	options  node.DrainOptions
	stopping atomic.Bool
	undo     func() // ends the drain of the adapters; Run owns it; nil: none has begun

	mu       sync.Mutex    // guards what follows, and reporting
	seen     *drain.Report // the last ones; nil: there was none
	told     *node.State
	reporter func(report.DrainReport)
}

// Run asks the adapters and watches the other processes at the same time. Nothing is busy when
// both have said so in this order: first the accept queues and the watched processes, then the
// adapters, which by then have accepted the connections that left a queue.
func (d *nodeDrain) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	d.mu.Lock()
	d.reporter = reporter
	d.mu.Unlock()
	if d.undo == nil {
		d.undo = d.adapters.Drain(d.options)
		// Run may return long before the generation serves again, because nothing was left.
		context.AfterFunc(ctx, d.undo)
	}
	for {
		err := d.both(ctx)
		if ctx.Err() != nil {
			d.undo() // the generation serves again, or is gone
			return ctx.Err()
		}
		if err != nil || d.stopping.Load() || !d.adapters.Any() {
			return err
		}
		if err := d.watch(ctx); err != nil {
			continue // ctx has ended, which the next round finds
		}
		if sum, err := d.adapters.Look(ctx); err == nil && sum.Busy == 0 {
			return nil
		}
	}
}

// Stopping makes Run return only when no connection is left.
func (d *nodeDrain) Stopping() {
	d.stopping.Store(true)
	d.outside.Stopping()
}

// both returns when adapters and watch have each seen a quiet moment, or, once the program was
// told to stop, when no connection is left.
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

// watch watches the processes without an adapter. Where the system cannot watch connections,
// the adapters' word suffices.
func (d *nodeDrain) watch(ctx context.Context) error {
	_, err := d.outside.Run(ctx, func(r drain.Report) { d.report(&r, nil) })
	if errors.Is(err, drain.ErrUnsupported) && d.adapters.Any() {
		return nil
	}
	return err
}

// report adds up the last reports of both.
func (d *nodeDrain) report(seen *drain.Report, told *node.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := reportOf(d.seen, d.told)
	if seen != nil {
		d.seen = seen
	}
	if told != nil {
		d.told = told
	}
	if r := reportOf(d.seen, d.told); r != before || seen != nil {
		d.reporter(r)
	}
}

// reportOf adds up the reports, of which either may be missing. From outside a connection
// that is idle may look busy for a while, so only the end of all of them settles a drain.
func reportOf(seen *drain.Report, told *node.State) report.DrainReport {
	var r drain.Report
	var s node.State
	if seen != nil {
		r = *seen
	}
	if told != nil {
		s = *told
	}
	return report.DrainReport{
		Connections: r.Busy + r.Quiet + s.Connections, Busy: max(r.Busy, s.Seen) + s.Busy - s.Seen,
		Streams: r.Streams + s.Streams, Waiting: r.Waiting, Finished: r.Moved + s.Finished, Closed: r.Closed + r.Moved + s.Closed,
		Settled: seen != nil && told != nil && r.Busy+r.Quiet+r.Waiting+s.Idle == 0,
	}
}
