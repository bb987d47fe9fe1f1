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
	waiting bool      // until it is time to look at them again
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
			c.s.wg.Go(func() { c.s.post(func() { c.watched(w, nil) }) })
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
	report := func(r DrainReport) { c.s.postUntil(ctx, func() { c.drains(w, r) }) }
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
	c.s.postUntil(ctx, func() { c.watched(w, err) })
	if err != nil {
		return
	}
	select {
	case <-c.told:
		_ = w.drain.Run(ctx, report)
	case <-ctx.Done():
	}
}

// drains notes how a drain stands, on the loop.
func (c *child) drains(w *watch, r DrainReport) {
	if c.watch != w {
		return // it was given up meanwhile
	}
	c.s.notes.drains[c.gen] = r
	c.s.cfg.Notify(NoticeDraining{Gen: c.gen, Report: r, Live: c.news(w), Lasts: time.Since(w.news.began)})
}

// news reports whether people are to hear how a drain stands, and sees to it that they
// do when it is time.
func (c *child) news(w *watch) bool {
	if w.held {
		return false
	}
	live, again := w.news.look(time.Now(), c.s.notes.drains[c.gen])
	if again > 0 && !w.waiting {
		w.waiting = true
		c.s.after(again, func() {
			if c.watch != w {
				return
			}
			w.waiting = false
			if c.news(w) {
				c.s.cfg.Notify(NoticeDraining{Gen: c.gen, Report: c.s.notes.drains[c.gen], Live: true, Lasts: time.Since(w.news.began)})
			}
		})
	}
	return live
}

// watched tells the machine that a drain has ended, for the reason err if the
// connections could not be watched.
func (c *child) watched(w *watch, err error) {
	if c.watch != w {
		return // it was given up meanwhile
	}
	c.s.step(evDrained{gen: c.gen, unwatched: err != nil || w.drain == nil && c.s.cfg.Drainer == nil})
	if err != nil {
		c.s.cfg.Notify(NoticeDrainUnwatched{Gen: c.gen, Err: err})
	}
}

func (c *child) drainRequest(p Process, steered, held bool) DrainRequest {
	// To the machine, which stops, nobody has relieved it; a younger hotswap may
	// have.
	steered = steered || c.s.cfg.Registry.Transferred()
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

// closeDebuggers ends debuggers' connections.
func (c *child) closeDebuggers(at []handoff.Endpoint) {
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
