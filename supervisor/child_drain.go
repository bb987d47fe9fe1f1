package supervisor

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// watch observes the connections of a generation that does not serve, from the cutover to its end.
type watch struct {
	drain  run.Drain // nil: its connections cannot be observed
	ctx    context.Context
	cancel context.CancelFunc
	leave  atomic.Bool // streams are not waited for any more

	// Only the loop uses what follows.
	began  time.Time           // the drain
	report report.DrainReport  // the newest
	said   *report.DrainReport // what people were told last; nil: nothing
}

const (
	newsFirst = wait.Person     // after so long people are told how a drain stands: most are over by then
	newsAgain = 2 * wait.Person // and again after so long, if the numbers have changed
)

// drain observes the generation's connections. Those of a generation that was held until now are observed already.
func (c *child) drain(steered, held bool) {
	if c.watch == nil {
		c.observe(steered, held)
	}
	w := c.watch
	w.began = time.Now()
	if w.drain == nil || held {
		return
	}
	w.drain.Retire()
	c.s.after(newsFirst, func() { c.tell(w) })
}

func (c *child) observe(steered, held bool) {
	w := &watch{}
	w.ctx, w.cancel = context.WithCancel(c.ctx)
	c.watch = w
	p := c.process()
	if c.s.cfg.Drainer != nil && p != nil {
		w.drain = c.s.cfg.Drainer(run.DrainSpec{
			Gen: c.gen, Endpoints: c.s.cfg.Registry.Endpoints(c.gen), Tree: p.Tree, Steered: steered,
			StopFirst: c.s.m.Policy().Strategy == StopFirst, Reserve: held, Last: c.s.released.Load,
			Streams: w.leave.Load,
			Waiting: func() int {
				if !steered { // clients keep coming, and those that wait are for the next generation
					return 0
				}
				return c.s.cfg.Registry.Waiting(c.gen)
			},
		})
	}
	if w.drain == nil {
		c.s.after(0, func() { c.unobserved(w, p != nil, nil) }) // when the loop has carried out this step
		return
	}
	c.s.wg.Go(func() {
		c.watching.Lock() // until the one that was given up touches no connection any more
		defer c.watching.Unlock()
		// It observes nothing while the loop is busy, so each report is new.
		err := w.drain.Run(w.ctx, func(r report.DrainReport) { c.s.postUntil(w.ctx, func() { c.observed(w, r) }) })
		c.s.postUntil(w.ctx, func() { c.unobserved(w, err != nil, err) })
	})
}

// observed notes how the connections stand. It runs on the loop.
func (c *child) observed(w *watch, r report.DrainReport) {
	if c.watch != w || c.killed {
		return // it was given up meanwhile, or the connections have gone with the processes
	}
	w.report = r
	c.notifyDraining(w, false)
	c.s.step(machine.Observed{Gen: c.gen, Report: r})
}

// unobserved notes that nothing is observed any more; unwatched: nobody could. It runs on the loop.
func (c *child) unobserved(w *watch, unwatched bool, err error) {
	if c.watch == w && w.ctx.Err() == nil { // else the generation has ended
		c.s.step(machine.Observed{Gen: c.gen, Report: w.report, Over: true, Unwatched: unwatched, Err: err})
	}
}

func (c *child) notifyDraining(w *watch, live bool) {
	c.s.notify(report.NoticeDraining{Gen: c.gen, Report: w.report, Live: live, Lasts: time.Since(w.began),
		WaitsFor: c.s.cfg.Places.Waits(c.gen)})
}

// tell reports the progress of a drain to people who wait for its end, again and again, if the numbers have changed.
func (c *child) tell(w *watch) {
	if c.watch != w {
		return
	}
	r := w.report
	r.Rests, r.Moved, r.Settled, r.Idle, r.Retired = 0, 0, false, false, false // these change all the time
	if w.said == nil || r != *w.said {
		w.said = &r
		c.notifyDraining(w, true)
	}
	c.s.after(newsAgain, func() { c.tell(w) })
}

func (c *child) closeDebuggers(at []handoff.Endpoint) {
	p := c.process()
	if p == nil || c.s.cfg.Detach == nil {
		return
	}
	c.s.wg.Go(func() {
		c.s.cfg.Detach(p.Tree(), at)
		if wait.For(c.ctx, onceMore) == nil {
			c.s.cfg.Detach(p.Tree(), at)
		}
	})
}
