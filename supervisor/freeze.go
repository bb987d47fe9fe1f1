package supervisor

import (
	"context"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Freeze ends the standby, waits for that and gives the next generation's number to another hotswap, which upgrades
// this one: it returns a [Parent]. No generation here gets that number, and none begins before [Supervisor.Thaw].
func (s *Supervisor) Freeze() (parent any, _ []int, err error) {
	r, err := s.command(context.Background(), machine.Command{Do: machine.HandOver}) // answered at the end of the loop, too
	st := s.Current()
	p := Parent{Last: r.Gen - 1, Serves: s.cfg.Parent.Serves, Swaps: st.Swaps, FailedSwaps: st.FailedSwaps}
	for _, l := range st.Lives { // the generation that serves, or else the last that did
		if !l.Served.IsZero() && (st.Generation == 0 || l.Gen <= st.Generation) {
			p.Serves = l.Serves
		}
	}
	return p, nil, err
}

// Thaw lets generations and standbys begin again.
func (s *Supervisor) Thaw() error {
	s.Released()
	_, _ = s.command(context.Background(), machine.Command{Do: machine.TakeBack}) // fails if the loop has ended
	return nil
}

// Release ends this supervisor, because a generation of the other hotswap serves: what serves here drains. It does not
// wait for that.
func (s *Supervisor) Release() {
	s.succeeded.Store(true)
	s.post(func() {
		for _, c := range s.children { // no connection is offered any more to a generation that is not there
			if w := c.watch; w != nil && w.drain != nil {
				w.drain.Retire()
			}
		}
		s.step(machine.Command{Do: machine.Succeed})
	})
}

// next reports whether a generation serves, and whether none will again. Any goroutine may call it.
func (s *Supervisor) next() (serves, never bool) {
	if s.succeeded.Load() {
		return true, false
	}
	st := s.Status()
	stops := st.State == report.PhaseStopped || st.State == report.PhaseStopping && st.StopsAt == nil
	return st.Generation != 0 && !stops, stops
}
