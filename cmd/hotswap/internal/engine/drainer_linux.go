package engine

import (
	"context"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// drainer returns the supervisor's drainer: the adapters of Node's, Bun's and Python's processes, and handoff/drain for all
// others. blind leaves the adapters alone, as where the kernel shows no connection.
func drainer(adapters *node.Transport, p drainPolicy, blind bool) run.Drainer {
	if blind {
		return adapterDrainer(adapters, p)
	}
	return func(r run.DrainSpec) run.Drain {
		cfg := drain.Config{
			Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting,
			CanGetFD: drain.CanGetFD(r.Tree()), Harmless: trusted, Leave: r.Leave, Mover: p.mover(r), EndStreams: r.Streams, Next: r.Next, Behind: r.Behind, End: !r.Steered && !r.Held,
		}
		a := adapters.Of(r.Gen)
		if a == nil {
			return drain.New(cfg)
		}
		d := &nodeDrain{adapterDrain: adapterDrain{adapters: a, spec: r, policy: p}}
		cfg.SelfReported, cfg.ReportsUnix, cfg.Waits = a.Tells, a.TellsUnix, d.waits
		d.outside = drain.New(cfg)
		return d
	}
}

// mover returns the relay by which the next generation answers the next request on a kept connection. If that
// generation does not run yet, the request waits at the address as every new client does. Nil: no generation follows.
func (p drainPolicy) mover(r run.DrainSpec) drain.Mover {
	if !r.Steered && !r.Held {
		return nil
	}
	return p.relay
}

// nodeDrain drains a generation, some of whose processes may have an adapter: these report which of their connections
// are busy. All connections are observed and moved from outside.
type nodeDrain struct {
	adapterDrain
	outside *drain.Drain

	looked func() (answered, idle bool) // of the adapters, since all else was quiet; Run's. nil: they were not asked

	reporting sync.Mutex          // guards what follows, and is held for each report
	seen      *report.DrainReport // the last ones; nil: there was none
	told      *node.State
	reporter  func(report.DrainReport)
}

// Run reports the generation as idle when nothing is busy. It checks the accept queues and the connections of other
// processes first. Then it asks the adapters, which by then have accepted the connections that left a queue. Where a sandbox
// forbids to look at connections, the adapters alone say what is busy.
func (d *nodeDrain) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	d.reporter = reporter
	d.begin(ctx)
	hearing, stop := context.WithCancel(ctx)
	var heard sync.WaitGroup
	heard.Go(func() {
		_ = d.adapters.Wait(hearing, func(s node.State) bool {
			d.report(nil, &s)
			d.outside.Look()
			return false
		})
	})
	err := d.outside.Run(ctx, func(r report.DrainReport) {
		if !r.Idle {
			d.looked = nil
		}
		d.report(&r, nil)
	})
	stop()
	heard.Wait()
	if err != nil && ctx.Err() == nil && d.adapters.Reports() {
		return d.hear(ctx, reporter)
	}
	return err
}

// Retire begins both drains anew.
func (d *nodeDrain) Retire() {
	d.adapterDrain.Retire()
	d.outside.Retire()
}

// waits reports whether an adapter has work under way, or has not answered yet.
func (d *nodeDrain) waits() bool {
	var answered, idle bool
	if d.looked != nil {
		answered, idle = d.looked()
	}
	switch s := d.adapters.State(); {
	case s.Busy > 0:
		d.looked = nil
		return true
	case d.looked == nil || answered && !idle:
		d.looked = d.adapters.Look()
		return true
	}
	return !answered
}

// report adds up the last reports of both.
func (d *nodeDrain) report(seen *report.DrainReport, told *node.State) {
	d.reporting.Lock()
	defer d.reporting.Unlock()
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

// reportOf adds up the reports, of which either may be missing.
func reportOf(seen *report.DrainReport, told *node.State) (r report.DrainReport) {
	var s node.State
	if seen != nil {
		r = *seen
	}
	if told != nil {
		s = *told
	}
	r.Connections += s.Connections
	r.Busy = max(r.Busy, s.Seen) + s.Busy - s.Seen
	r.Streams, r.Flowing, r.Moved = r.Streams+s.Streams, r.Flowing+s.Flowing, r.Moved+s.Moved
	r.Idle, r.Settled = r.Idle && s.Busy == 0, r.Settled && told != nil && s.Stays == 0
	return r
}
