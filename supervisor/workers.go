package supervisor

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
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
	for over := false; !over && time.Since(began) < c.s.m.policy.ReadyTimeout; {
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return
		}
		var dead []int
		var exit proc.Exit
		if p := c.proc.Load(); p != nil {
			dead, exit = proc.DeadWorkers((*p).Tree())
		}
		lost := len(dead) > 0 && slices.Equal(dead, before)
		before = dead
		c.s.call(func() {
			g := c.s.m.starting()
			over = lost || g == nil || g.ID != c.gen || len(g.Endpoints) > 0 || g.ReadySource != ""
			if lost && over && g != nil && g.ID == c.gen {
				c.s.lostWorkers(c, len(dead), exit, time.Since(began))
			}
		})
	}
}

// lostWorkers tells that a boot is not ready, and why. The loop calls it.
func (s *Supervisor) lostWorkers(c *child, count int, exit proc.Exit, after time.Duration) {
	next := Next{Kind: NextWait}
	if g := s.m.serving(); g != nil {
		next = Next{Kind: NextKeeps, Gen: g.ID}
	}
	s.notes.unready[c.gen] = fmt.Sprintf("its %d workers have ended (%s), and nothing starts new ones", count, exit)
	if q := s.postMortem(c.gen, exit).Quote; q != "" {
		s.notes.unready[c.gen] += `: "` + q + `"`
	}
	s.notify(NoticeNotListening{Gen: c.gen, After: after, Next: next})
}
