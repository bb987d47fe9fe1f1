package supervisor

import (
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Places tells programs their place, as package place does. The loop calls its methods, so they must not block.
type Places interface {
	Tell([]report.Place) // with all, after each step
	// Drained is called before a generation that drains is told to stop. hotswap waits until the channel is closed, but
	// not longer than the drain may take.
	Drained(GenID) <-chan struct{}
	Waits(GenID) []int
}

// tellDrained reports to the program that nothing is under way any more. The machine hears when the program has handled
// that or was told to stop.
func (c *child) tellDrained() {
	var handled <-chan struct{}
	if !wait.Closed(c.signalled) {
		handled = c.s.cfg.Places.Drained(c.gen)
	}
	ctx := c.watch.ctx
	c.s.wg.Go(func() {
		if handled != nil {
			select {
			case <-handled:
			case <-c.signalled:
			case <-ctx.Done():
			}
		}
		c.s.postUntil(ctx, func() { c.s.step(machine.Handled{Gen: c.gen}) })
	})
}
