package supervisor

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// watch is the drain of a generation, under way.
type watch struct {
	drain  run.Drain // nil: its connections cannot be watched
	held   bool      // nothing waits for the end of the watch
	cancel context.CancelFunc
	ended  chan struct{} // closed when the watch touches no connection any more

	// Only the loop uses what follows.
	began time.Time
	said  report.DrainReport // what people were told last
	told  bool               // they were told something
	empty bool               // there was no connection when the loop looked last
}

const (
	newsFirst = time.Second     // after so long people are told how a drain stands: most are over by then
	newsAgain = 2 * time.Second // and again after so long, if the numbers have changed
)

// drain watches the generation's connections until nothing is busy. After the stop signal it
// goes on, because clients may still send requests. A watch of a generation that is held does
// nothing else.
func (c *child) drain(steered, held bool) {
	ctx, cancel := context.WithCancel(c.ctx)
	w := &watch{held: held, cancel: cancel, ended: make(chan struct{}), began: time.Now()}
	c.watch = w
	p := c.process()
	if c.s.cfg.Drainer == nil || p == nil {
		close(w.ended)
		if !held {
			c.s.wg.Go(func() {
				w.handle(ctx, c)
				c.s.postUntil(ctx, func() { c.watched(w, nil) })
			})
		}
		return
	}
	w.drain = c.s.cfg.Drainer(c.drainRequest(p, steered, held))
	if !held {
		c.s.after(newsFirst, func() { c.tell(w) })
	}
	before := c.undrained
	c.s.wg.Go(func() {
		defer close(w.ended)
		if before != nil {
			<-before
		}
		w.run(ctx, c)
	})
}

// undrain gives the watch up, because the generation serves again. Answers that were held back
// are let go, and no connection is ended any more.
func (c *child) undrain() {
	c.watch.cancel()
	c.undrained = c.watch.ended
	c.watch = nil
	delete(c.s.notes.drains, c.gen)
}

// run watches and reports until the watch is given up.
func (w *watch) run(ctx context.Context, c *child) {
	note := func(r report.DrainReport) { c.s.postUntil(ctx, func() { c.drains(w, r) }) }
	if w.held {
		w.drain.Stopping() // idle clients may ask again: their requests belong to the generation that serves
	}
	err := w.drain.Run(ctx, note)
	if ctx.Err() != nil || w.held {
		return
	}
	if w.handle(ctx, c) && err == nil { // clients may have sent requests meanwhile
		if err = w.drain.Run(ctx, note); ctx.Err() != nil {
			return
		}
	}
	c.s.postUntil(ctx, func() { c.watched(w, err) })
	if err != nil {
		return
	}
	select {
	case <-c.told:
		_ = w.drain.Run(ctx, note)
	case <-ctx.Done():
	}
}

// drains notes how a drain stands. It runs on the loop.
func (c *child) drains(w *watch, r report.DrainReport) {
	if c.watch != w || c.killed.Load() {
		return // it was given up meanwhile, or the connections have gone with the processes
	}
	c.s.notes.drains[c.gen] = r
	c.notifyDraining(w, false)
}

func (c *child) notifyDraining(w *watch, live bool) {
	n := report.NoticeDraining{Gen: c.gen, Report: c.s.notes.drains[c.gen], Live: live, Lasts: time.Since(w.began)}
	if c.s.cfg.Places != nil {
		n.Waits = c.s.cfg.Places.Waits(c.gen)
	}
	c.s.notify(n)
}

// tell tells people who wait for a drain how it stands, again and again until it has ended. A program
// without any connection may take a while to end, so that is told later.
func (c *child) tell(w *watch) {
	if c.watch != w {
		return
	}
	r := c.s.notes.drains[c.gen]
	r.Finished, r.Closed, r.Settled = 0, 0, false // these change all the time
	empty := r == report.DrainReport{}
	if (!w.told || r != w.said) && (!empty || w.empty) {
		w.told, w.said = true, r
		c.notifyDraining(w, true)
	}
	w.empty = empty
	c.s.after(newsAgain, func() { c.tell(w) })
}

// watched tells the machine that a drain has ended; with err, that the connections could not be
// watched. It runs on the loop.
func (c *child) watched(w *watch, err error) {
	if c.watch != w {
		return // it was given up meanwhile
	}
	c.s.step(machine.Drained{Gen: c.gen, Unwatched: err != nil || w.drain == nil && c.s.cfg.Drainer == nil})
	if err != nil {
		c.s.notify(report.NoticeDrainUnwatched{Gen: c.gen, Err: err})
	}
}

func (c *child) drainRequest(p run.Process, steered, held bool) run.DrainRequest {
	// The machine, which stops, knows of no generation that relieved this one; a hotswap that
	// upgrades this one may have.
	steered = steered || c.s.cfg.Registry.Transferred()
	policy := c.s.m.Policy()
	req := run.DrainRequest{
		Gen: c.gen, Endpoints: c.s.cfg.Registry.Endpoints(c.gen), Tree: p.Tree, Steered: steered, Alone: policy.Strategy == StopFirst, Held: held,
		Waiting: func() int { return c.s.cfg.Registry.Waiting(c.gen) },
	}
	req.Leave = func(pid int) bool { return c.s.cfg.Places != nil && c.s.cfg.Places.Leaves(c.gen, pid) }
	if !steered { // clients keep coming, and those that wait are for the next generation
		req.Waiting = func() int { return 0 }
	}
	return req
}

// closeAgain is the pause after which debuggers' connections are ended once more: a connection
// that was in the queue has been accepted by then.
const closeAgain = 100 * time.Millisecond

// closeDebuggers ends debuggers' connections.
func (c *child) closeDebuggers(at []handoff.Endpoint) {
	p := c.process()
	if p == nil || c.s.cfg.Detach == nil {
		return
	}
	c.s.wg.Go(func() {
		c.s.cfg.Detach(p.Tree(), at)
		select {
		case <-time.After(closeAgain):
			c.s.cfg.Detach(p.Tree(), at)
		case <-c.ctx.Done():
		}
	})
}
