package supervisor

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

// inspect finds out from a generation that serves how standbys are made. It stops the inspection before.
func (s *Supervisor) inspect(gen GenID) {
	s.stopInspection()
	c := s.children[gen]
	ctx, cancel := context.WithCancel(c.ctx)
	s.stopInspection = cancel
	s.wg.Go(func() {
		defer cancel()
		s.inspects.Lock() // one at a time, so that the newest result counts
		defer s.inspects.Unlock()
		if ctx.Err() != nil {
			return
		}
		l := c.now.Load()
		var in handoff.Inspector = s.cfg.Warmer
		if s.cfg.Warmer == nil {
			in = s.cfg.Shortcut
		}
		launch := handoff.Launch{Gen: gen, Argv: s.cfg.Command, Env: l.Env}
		learn, err := in.Inspect(ctx, launch, l.PID(), l.Tree)
		ev := standby.Inspected{Gen: gen, Learn: learn, Err: err}
		if err != nil {
			ev.Why = whyOf(err)
		}
		s.call(func() {
			if ctx.Err() == nil { // else the generation is gone, or the inspection was stopped
				if err == nil {
					s.inspectedIn.Store(&l.environ.Folder)
				}
				s.step(ev)
			}
		})
	})
}
