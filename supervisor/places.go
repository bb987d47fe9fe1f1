package supervisor

import (
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Places tells programs their place. The loop calls its methods, so they must not block.
type Places interface {
	// Tell is called with the places of all generations when one has changed.
	Tell([]report.Place)
	// Drained is called when a generation that drains has nothing under way any more, before it is told to
	// stop. hotswap waits until the channel is closed, but not longer than the drain may take; nil: for
	// nothing.
	Drained(GenID) <-chan struct{}
	// Waits returns the processes for which that channel is open.
	Waits(GenID) []int
	// Leaves reports whether the process ends its connections by itself when its generation drains. Any
	// goroutine may call it.
	Leaves(gen GenID, pid int) bool
}

// tellPlaces tells the places if one has changed.
func (s *Supervisor) tellPlaces() {
	if s.cfg.Places == nil {
		return
	}
	places := s.m.Places()
	if slices.Equal(places, s.places) {
		return
	}
	s.places = places
	s.cfg.Places.Tell(places)
}

// tellDrained reports to the program that nothing is under way any more. It calls then on the loop when the program has
// handled that or was told to stop, or when the watch is given up.
func (c *child) tellDrained(w *watch, then func()) {
	var handled <-chan struct{}
	if c.s.cfg.Places != nil && !c.killed.Load() && !closed(c.told) {
		handled = c.s.cfg.Places.Drained(c.gen)
	}
	if handled == nil {
		then()
		return
	}
	c.s.wg.Go(func() {
		select {
		case <-handled:
		case <-c.told:
		case <-w.ctx.Done():
		}
		c.s.postUntil(w.ctx, then)
	})
}
