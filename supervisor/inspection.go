package supervisor

import (
	"context"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

// inspection finds out from a generation how standbys are made.
type inspection struct {
	cancel  context.CancelFunc
	stopped bool          // only the loop uses it
	over    chan struct{} // closed when the Warmer has answered
}

// inspect begins an inspection of a generation that serves, in place of the one before.
func (s *Supervisor) inspect(gen GenID) {
	s.stopInspection()
	before, c := s.inspects, s.children[gen]
	ctx, cancel := context.WithCancel(c.ctx)
	now := &inspection{cancel: cancel, over: make(chan struct{})}
	s.inspects = now
	s.wg.Go(func() {
		defer cancel()
		if before != nil {
			<-before.over // the newest result counts
		}
		p := *c.proc.Load()
		learn, err := s.cfg.Warmer.Inspect(ctx, gen, c.recipe.Load().argv, p.PID(), p.Tree)
		close(now.over)
		if ctx.Err() != nil {
			return // the generation is gone, or the inspection was stopped
		}
		s.post(func() { s.inspectionEnded(now, gen, learn, err) })
	})
}

// inspectionEnded tells the machine what an inspection has found out, unless it was stopped.
func (s *Supervisor) inspectionEnded(i *inspection, gen GenID, learn bool, err error) {
	if i.stopped {
		return
	}
	ev := standby.Inspected{Gen: gen, Learn: learn, Err: err}
	if err != nil {
		ev.Why = whyOf(err)
	}
	s.step(ev)
}

// stopInspection stops the inspection that is under way.
func (s *Supervisor) stopInspection() {
	if s.inspects != nil {
		s.inspects.stopped = true
		s.inspects.cancel()
	}
}
