package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
)

// However fast people save, they see something newer at least every one and a half boots. A boot is given up for a newer
// request, but not when half of it is over, and not two in a row: such a boot has its turn, and the newest request begins
// behind it. A boot that hangs would keep others waiting, so a turn ends: after the time of the slowest boot so far, and
// later each time it was too short.

// turnLeast is how long a turn lasts at least, counted from the begin of the boot, because the slowest boot so far may
// have been a standby that was ready.
const turnLeast = time.Second

// hasTurn reports whether g goes on, and the newer request waits. Before any generation has served nobody knows how long a boot takes.
func (m *Machine) hasTurn(g *Generation, s *Starting) bool {
	if !m.everServed || g.Runs || g.Overdue || m.givenUp == 0 && !m.halfOver(g) {
		return false
	}
	if s.Turn.IsZero() {
		s.Turn = g.Began.Add(max(turnLeast, time.Duration(m.givenUp+1)*m.slowest))
	}
	return m.now.Before(s.Turn)
}

// halfOver reports whether a boot has lasted for half the time of the last one of its kind.
func (m *Machine) halfOver(g *Generation) bool {
	last := m.cold
	if g.Standby && m.warm > 0 {
		last = m.warm
	}
	return last > 0 && m.now.Sub(g.Began) >= last/2
}

// turnOver gives up a boot for the request that has waited for it.
func (m *Machine) turnOver() {
	if r := m.requested; r != nil {
		m.requested = nil
		m.supersede(*r)
	}
}

// wait has a request begin as soon as a generation may.
func (m *Machine) wait(r build.Request) {
	if m.requested == nil {
		m.requested = &r
	} else {
		m.requested.Merge(r)
	}
}
