package supervisor

import (
	"context"
	"slices"
	"time"
)

// Places tells programs their place. The loop calls its methods, so they must not block.
type Places interface {
	// Tell is called with the places of all generations when one has changed.
	Tell([]Place)
	// Drained is called when a generation that drains has nothing under way any more, before it is told to
	// stop. hotswap waits until the channel is closed, but not longer than the drain may take; nil: for
	// nothing.
	Drained(GenID) <-chan struct{}
	// Waits returns the processes for which that channel is open.
	Waits(GenID) []int
	// Leaves reports whether the process ends its connections by itself when its generation drains. Any
	// goroutine may call it.
	Leaves(gen GenID, pid int) bool
	// Leaving reports whether a process of the generation does.
	Leaving(GenID) bool
}

// Place is the place of a generation.
type Place struct {
	Gen      GenID
	State    State
	Serving  bool      // it gets new connections, or it runs and listens nowhere
	Foremost bool      // it serves, or it starts while none serves
	Deadline time.Time // it is told to stop then in any case, or was and is killed then; zero: no time is set
}

// places returns the places of all generations. before is what was returned last.
func (m *machine) places(before []Place) []Place {
	foremost := m.foremost()
	out := make([]Place, 0, len(m.gens))
	for _, g := range m.gens {
		p := Place{Gen: g.ID, State: g.State, Serving: g.State == StateServing || g.runs(), Foremost: g == foremost}
		i := slices.IndexFunc(before, func(o Place) bool { return o.Gen == g.ID })
		switch {
		case g.State == StateDraining && g.Signal != signalNone && i >= 0:
			if p.Deadline = before[i].Deadline; p.Deadline.IsZero() { // it was told to stop, and what it heard counts
				p.Deadline = g.due.kill
			}
		case g.State == StateDraining:
			p.Deadline = g.due.stop
		case g.State == StateHeld && !m.policy.DrainForever && !g.due.hold.IsZero():
			p.Deadline = g.due.hold.Add(m.policy.DrainTimeout - m.policy.KillGrace)
		}
		out = append(out, p)
	}
	return out
}

// tellPlaces tells the places if one has changed.
func (s *Supervisor) tellPlaces() {
	if s.cfg.Places == nil {
		return
	}
	places := s.m.places(s.places)
	if slices.Equal(places, s.places) {
		return
	}
	s.places = places
	told := slices.Clone(places)
	for i := range told {
		if d := &told[i].Deadline; !d.IsZero() {
			*d = s.clock.day(*d)
		}
	}
	s.cfg.Places.Tell(told)
}

// handle tells the program that nothing is under way any more, and waits until the program has done what it
// does then, was told to stop, or the watch is given up. It reports whether the program took time for that.
func (w *watch) handle(ctx context.Context, c *child) (took bool) {
	if c.s.cfg.Places == nil {
		return false
	}
	w.told = make(chan (<-chan struct{}), 1)
	c.s.postUntil(ctx, func() {
		if c.watch == w {
			c.s.step(evQuiet{gen: c.gen})
		}
		close(w.told)
	})
	var handled <-chan struct{}
	select {
	case handled = <-w.told:
	case <-ctx.Done():
	case <-c.s.done:
	}
	if handled == nil {
		return false
	}
	select {
	case <-handled:
		return true
	case <-c.told:
	case <-ctx.Done():
	}
	return false
}

// tellDrained tells the program that nothing is under way any more. It runs on the loop.
func (c *child) tellDrained() { c.watch.told <- c.s.cfg.Places.Drained(c.gen) }

// leaving returns the generations in which a process ends its clients' connections by itself.
func (s *Supervisor) leaving() (all []GenID) {
	if s.cfg.Places == nil {
		return nil
	}
	for gen := range s.children {
		if s.cfg.Places.Leaving(gen) {
			all = append(all, gen)
		}
	}
	return all
}
