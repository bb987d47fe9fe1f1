package engine

import (
	"context"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// adapterDrainer returns the drainer of a system that shows hotswap no connection of a program. A generation of which no
// process reports its connections is not drained.
func adapterDrainer(adapters *node.Transport, p drainPolicy) run.Drainer {
	return func(r run.DrainSpec) run.Drain {
		a := adapters.Of(r.Gen)
		if a == nil || !a.Reports() {
			return nil
		}
		return &adapterDrain{adapters: a, policy: p, spec: r}
	}
}

// adapterDrain drains a generation by its adapters. They hand connections over, have answers end connections, and report
// what is under way.
type adapterDrain struct {
	adapters *node.Session
	policy   drainPolicy

	mu      sync.Mutex    // guards what follows
	spec    run.DrainSpec // of the current order to the adapters
	retired bool          // that order says that the generation does not serve again
	undo    func()        // takes that order back; nil: there is none yet
}

// begin has the adapters drain until ctx ends, which is when the generation serves again or is gone.
func (d *adapterDrain) begin(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.undo = d.adapters.Drain(d.policy.options(d.spec))
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.undo()
	})
}

// Retire begins the drain of the adapters anew, as that of a generation that does not serve again, by what holds now.
func (d *adapterDrain) Retire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retired, d.spec.Held = true, false
	if d.undo != nil {
		d.undo = d.adapters.Drain(d.policy.options(d.spec))
	}
}

// Run reports what the adapters report, until ctx ends.
func (d *adapterDrain) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	d.begin(ctx)
	return d.hear(ctx, reporter)
}

// hear reports the generation as idle when no adapter has anything under way, and each, asked once more, has said so after
// it had read what had arrived.
func (d *adapterDrain) hear(ctx context.Context, reporter func(report.DrainReport)) error {
	var look func() (answered, idle bool) // nil: the adapters have something under way
	var told report.DrainReport
	return d.adapters.Wait(ctx, func(node.State) bool {
		s, retired := d.state()
		if s.Busy > 0 || retired != told.Retired {
			look = nil
		}
		if look == nil && s.Busy == 0 {
			look = d.adapters.Look()
		}
		answered, idle := false, false
		if look != nil {
			if answered, idle = look(); answered && !idle {
				look = d.adapters.Look()
			}
		}
		r := report.DrainReport{
			Connections: s.Connections, Busy: s.Busy, Streams: s.Streams, Flowing: s.Flowing, Moved: s.Moved,
			Idle: answered && idle, Retired: retired, Settled: s.Stays == 0,
		}
		if r != told {
			told = r
			reporter(r)
		}
		return false
	})
}

// state returns what the adapters have under way by the current order.
func (d *adapterDrain) state() (s node.State, retired bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.adapters.State(), d.retired
}
