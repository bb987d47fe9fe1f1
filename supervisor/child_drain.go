package supervisor

import (
	"context"
	"sync"
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
	cancel context.CancelFunc
	ended  chan struct{} // closed when the watch touches no connection any more
	leave  chan struct{} // closed when streams are not waited for any more

	// Only the loop uses what follows.
	ctx   context.Context
	held  bool  // the generation may serve again, so nothing waits for a quiet moment
	over  bool  // nothing is observed any more
	err   error // why nothing could be observed
	stage drainStage
	began time.Time           // the drain
	flows int                 // answers that are being sent and read, as far as the machine knows
	stays bool                // for these, although the time that any drain has is over
	stop  *report.DrainReport // how the drain stood when the program was told to stop; nil: it was not
	said  report.DrainReport  // what people were told last
	told  bool                // they were told something
	empty bool                // there was no connection when the loop looked last
}

// drainStage says how far a drain has come.
type drainStage uint8

const (
	drainBusy     drainStage = iota // a quiet moment is waited for
	drainHandling                   // the program does what it does when it has drained
	drainHandled                    // a quiet moment is waited for again: clients may have sent requests meanwhile
	drainDone                       // the machine knows
)

const (
	newsFirst = time.Second     // after so long people are told how a drain stands: most are over by then
	newsAgain = 2 * time.Second // and again after so long, if the numbers have changed
)

// drain observes the generation's connections, and reports a quiet moment to the machine, unless the generation is
// held. The connections of a generation that was held until now are observed already.
func (c *child) drain(steered, held bool) {
	w := c.watch
	if w == nil {
		w = c.observe(steered, held)
	}
	if w.drain != nil && !held {
		w.drain.Retire()
	}
	if w.held, w.began = held, time.Now(); held {
		return
	}
	if w.drain != nil {
		c.s.after(newsFirst, func() { c.tell(w) })
	}
	c.s.after(0, func() { c.proceed(w) }) // when the loop has carried out this step
}

// observe begins to observe the generation's connections.
func (c *child) observe(steered, held bool) *watch {
	ctx, cancel := context.WithCancel(c.ctx)
	w := &watch{ctx: ctx, cancel: cancel, ended: make(chan struct{}), leave: make(chan struct{})}
	c.watch = w
	p := c.process()
	if c.s.cfg.Drainer == nil || p == nil {
		w.over = true
		close(w.ended)
		return w
	}
	w.drain = c.s.cfg.Drainer(c.drainRequest(p, w, steered, held))
	before := c.undrained
	c.s.wg.Go(func() {
		defer close(w.ended)
		if before != nil {
			<-before
		}
		c.runWatch(ctx, w)
	})
	return w
}

// undrain gives the watch up, because the generation serves again. Its connections are its own again.
func (c *child) undrain() {
	c.watch.cancel()
	c.undrained = c.watch.ended
	c.watch = nil
	c.relieved(false)
	delete(c.s.notes.drains, c.gen)
}

// relieved tells the generation's streams whether another generation serves.
func (c *child) relieved(yes bool) {
	if l := c.now.Load(); l != nil {
		l.Streams.Relieved(yes)
	}
}

// runWatch observes and reports until the watch is given up, or nothing of the program is left. A newer report replaces
// one that the loop has not received.
func (c *child) runWatch(ctx context.Context, w *watch) {
	newest := make(chan report.DrainReport, 1)
	var telling sync.WaitGroup
	telling.Go(func() {
		for r := range newest {
			c.s.postUntil(ctx, func() { c.drains(w, r) })
		}
	})
	err := w.drain.Run(ctx, func(r report.DrainReport) {
		select {
		case <-newest:
		default:
		}
		newest <- r
	})
	close(newest)
	telling.Wait()
	c.s.postUntil(ctx, func() {
		if c.watch == w && ctx.Err() == nil { // else the generation has ended
			w.over, w.err = true, err
			c.proceed(w)
		}
	})
}

// drains notes how a drain stands. It runs on the loop.
func (c *child) drains(w *watch, r report.DrainReport) {
	if c.watch != w || c.killed.Load() {
		return // it was given up meanwhile, or the connections have gone with the processes
	}
	c.s.notes.drains[c.gen] = r
	c.notifyDraining(w, false)
	c.leaveStreams(w)
	c.proceed(w)
}

// leaveStreams ends the wait for streams when only these are left, or the generation stays for an answer, and somebody at
// a terminal waits for the end of hotswap. A stream without an end would keep that person waiting for most of the drain
// timeout.
func (c *child) leaveStreams(w *watch) {
	r := c.s.notes.drains[c.gen]
	only := w.stays || r.Streams > 0 && r.Busy == r.Streams && r.Waiting == 0
	if !c.s.notes.interrupted || w.held || !only || closed(w.leave) || time.Since(w.began) < newsFirst {
		return
	}
	close(w.leave)
	if w.stage == drainDone { // a server such as uvicorn, which stops when its streams have ended
		c.s.step(machine.Drained{Gen: c.gen, Streams: true})
	}
}

func (c *child) notifyDraining(w *watch, live bool) {
	n := report.NoticeDraining{Gen: c.gen, Report: c.s.notes.drains[c.gen], Live: live, Lasts: time.Since(w.began)}
	if c.s.cfg.Places != nil {
		n.Waits = c.s.cfg.Places.Waits(c.gen)
	}
	c.s.notify(n)
}

// tell reports the progress of a drain to people who wait for its end, again and again. A drain without connections is
// reported later, because a program may need a moment to end.
func (c *child) tell(w *watch) {
	if c.watch != w {
		return
	}
	r := c.s.notes.drains[c.gen]
	r.Moved, r.Closed, r.Settled, r.Idle, r.Retired = 0, 0, false, false, false // these change all the time
	empty := r == report.DrainReport{}
	if (!w.told || r != w.said) && (!empty || w.empty) {
		w.told, w.said = true, r
		c.notifyDraining(w, true)
	}
	w.empty = empty
	c.leaveStreams(w)
	c.proceed(w)
	c.s.after(newsAgain, func() { c.tell(w) })
}

// proceed takes the next step to the end of a generation whose connections are quiet. It runs on the loop.
func (c *child) proceed(w *watch) {
	r := c.s.notes.drains[c.gen]
	if c.watch == w && !w.held && r.Flowing != w.flows {
		w.flows = r.Flowing
		c.s.step(machine.Flowing{Gen: c.gen, Answers: r.Flowing})
	}
	if c.watch != w || w.held || !w.over && !closed(w.leave) && !(r.Idle && r.Retired) {
		return
	}
	switch w.stage {
	case drainBusy:
		w.stage = drainHandling
		c.tellDrained(w, func() {
			w.stage = drainHandled
			c.proceed(w)
		})
	case drainHandled:
		w.stage = drainDone
		c.s.step(machine.Drained{Gen: c.gen, Unwatched: w.err != nil || c.s.cfg.Drainer == nil, Streams: closed(w.leave)})
		if w.err != nil {
			c.s.notify(report.NoticeDrainUnwatched{Gen: c.gen, Err: w.err})
		}
	}
}

func (c *child) drainRequest(p run.Process, w *watch, steered, held bool) run.DrainRequest {
	policy := c.s.m.Policy()
	req := run.DrainRequest{
		Gen: c.gen, Endpoints: c.s.cfg.Registry.Endpoints(c.gen), Tree: p.Tree, Steered: steered, Alone: policy.Strategy == StopFirst, Held: held, Elsewhere: c.s.succeeded.Load(),
		Streams: func() bool { return closed(w.leave) }, Next: c.s.next,
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
		if wait.For(c.ctx, closeAgain) == nil {
			c.s.cfg.Detach(p.Tree(), at)
		}
	})
}
