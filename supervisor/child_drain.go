package supervisor

import (
	"context"
	"math"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// watch is the drain of a generation under way.
type watch struct {
	drain  Drain // nil: its connections cannot be watched
	held   bool  // nobody waits for the end
	cancel context.CancelFunc
	ended  chan struct{} // closed when nobody touches a connection any more

	news    drainNews // the loop's, as the next
	ticking bool      // an evDrainNews is under way
}

// drain watches the generation's connections until nothing is busy, and goes
// on after the stop signal, for what its clients still begin. Of a generation
// that is held it does nothing else than that.
func (c *child) drain(steered, held bool) {
	ctx, cancel := context.WithCancel(c.ctx)
	w := &watch{held: held, cancel: cancel, ended: make(chan struct{}), news: drainNews{began: time.Now()}}
	c.watch = w
	p := c.proc.Load()
	if c.s.cfg.Drainer == nil || p == nil {
		close(w.ended)
		if !held {
			c.s.wg.Go(func() { c.s.send(evWatched{gen: c.gen, watch: w}) })
		}
		return
	}
	w.drain = c.s.cfg.Drainer(c.drainRequest(*p, steered, held))
	before := c.undrained
	c.s.wg.Go(func() {
		defer close(w.ended)
		if before != nil {
			<-before
		}
		w.run(ctx, c)
	})
}

// undrain gives the watch up: the generation serves again. What is held back of
// its answers is let go, and nobody ends its connections.
func (c *child) undrain() {
	c.watch.cancel()
	c.undrained = c.watch.ended
	c.watch = nil
	delete(c.s.notes.drains, c.gen)
}

// run watches, and reports unless the watch was given up.
func (w *watch) run(ctx context.Context, c *child) {
	report := func(r DrainReport) { c.s.sendUntil(ctx, evDraining{gen: c.gen, watch: w, report: r}) }
	err := w.drain.Run(ctx, report)
	if ctx.Err() != nil {
		return
	}
	if w.held {
		if err == nil {
			w.drain.Stopping() // a parked connection may wake up
			_ = w.drain.Run(ctx, report)
		}
		return
	}
	c.s.sendUntil(ctx, evWatched{gen: c.gen, watch: w, err: err})
	if err != nil {
		return
	}
	select {
	case <-c.told:
		_ = w.drain.Run(ctx, report)
	case <-ctx.Done():
	}
}

func (c *child) drainRequest(p Process, steered, held bool) DrainRequest {
	// To the machine, which stops, nobody has relieved it; a younger hotswap may
	// have.
	steered = steered || c.s.cfg.Registry.Surrendered()
	req := DrainRequest{
		Gen: c.gen, Endpoints: c.s.cfg.Registry.Endpoints(c.gen), Tree: p.Tree, Steered: steered, Held: held,
		Waiting:  func() int { return c.s.cfg.Registry.Waiting(c.gen) },
		Patience: c.s.m.policy.DrainTimeout / 2,
	}
	if c.s.m.policy.DrainForever {
		req.Patience = math.MaxInt64
	}
	if !steered {
		// Clients keep coming: those that wait are the next generation's, or
		// nobody's.
		req.Waiting = func() int { return 0 }
	}
	return req
}

// againAfter is the pause after which debuggers' connections are ended once more:
// one that was in the queue has been accepted by then.
const againAfter = 100 * time.Millisecond

// detach ends debuggers' connections.
func (c *child) detach(at []handoff.Endpoint) {
	p := c.proc.Load()
	if p == nil || c.s.cfg.Detach == nil {
		return
	}
	c.s.wg.Go(func() {
		c.s.cfg.Detach((*p).Tree(), at)
		select {
		case <-time.After(againAfter):
			c.s.cfg.Detach((*p).Tree(), at)
		case <-c.ctx.Done():
		}
	})
}
