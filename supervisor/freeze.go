package supervisor

import (
	"context"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
)

// Freeze ends the standby, waits for that and gives the next generation's number to another hotswap, which upgrades
// this one: it returns a [Past]. No generation here gets that number, and none begins before [Supervisor.Thaw].
func (s *Supervisor) Freeze() (past any, _ []int, err error) {
	// answered at the end of the loop, too
	r, err := s.command(context.Background(), machine.Command{Do: machine.Freeze})
	st := s.Current()
	p := Past{Last: r.Gen - 1, Serves: s.cfg.Past.Serves}
	for _, l := range st.Lives { // the generation that serves, or else the last that did
		if !l.Served.IsZero() && (st.Generation == 0 || l.Gen <= st.Generation) {
			p.Serves = l.Basic()
		}
	}
	return p, nil, err
}

// Thaw lets generations and standbys begin again.
func (s *Supervisor) Thaw() error {
	s.Released()
	s.send(machine.Command{Do: machine.Thaw})
	s.sync()
	return nil
}

// Release ends this supervisor, because a generation of the other hotswap serves: what serves here drains. It does not
// wait for that.
func (s *Supervisor) Release() {
	s.released.Store(true)
	s.post(func() {
		for _, c := range s.children { // no connection is offered any more to a generation that is not there
			if w := c.watch; w != nil && w.drain != nil {
				w.drain.Retire()
			}
		}
		s.step(machine.Command{Do: machine.Release})
	})
}
