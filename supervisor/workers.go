package supervisor

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// workersEvery is the time between two looks at the workers of a boot.
const workersEvery = 700 * time.Millisecond

// watchWorkers says once that the workers of a boot have ended while their parent goes on without
// them: uvicorn --workers before 0.30 never notices, and would only not listen.
func (c *child) watchWorkers() {
	t := time.NewTicker(workersEvery)
	defer t.Stop()
	began := time.Now()
	var before []int
	for over := false; !over && time.Since(began) < c.s.cfg.Policy.ReadyTimeout; {
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return
		}
		var dead []int
		var exit report.Exit
		if p := c.proc.Load(); p != nil {
			dead, exit = proc.DeadWorkers((*p).Tree())
		}
		lost := len(dead) > 0 && slices.Equal(dead, before)
		before = dead
		c.s.call(func() {
			over = lost || !c.s.m.Silent(c.gen)
			if lost && c.s.m.Starting() == c.gen {
				c.s.lostWorkers(c, len(dead), exit, time.Since(began))
			}
		})
	}
}

// lostWorkers tells that a boot is not ready, and why. The loop calls it.
func (s *Supervisor) lostWorkers(c *child, count int, exit report.Exit, after time.Duration) {
	next := report.Next{Kind: report.NextWait}
	if serving := s.m.Serving(); serving != 0 {
		next = report.Next{Kind: report.NextKeeps, Gen: serving}
	}
	s.notes.unready[c.gen] = fmt.Sprintf("its %d workers have ended (%s), and nothing starts new ones", count, exit)
	if q := s.postMortem(c.gen, exit).Quote; q != "" {
		s.notes.unready[c.gen] += `: "` + q + `"`
	}
	s.notify(report.NoticeNotListening{Gen: c.gen, After: after, Next: next})
}
