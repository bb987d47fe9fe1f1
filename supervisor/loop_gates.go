package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// onceMore is the pause after which is repeated what clients in queues have kept from being complete: gates that cannot
// be retired yet, and debuggers' connections that nobody had accepted.
const onceMore = 100 * time.Millisecond

// steer takes new connections from a generation that drains, and reports whether they go elsewhere now.
func (s *Supervisor) steer(fx machine.Drain) bool {
	switch fx.To {
	case drain.ToActivator:
		return s.cfg.Registry.HandBack(fx.Gen)
	case drain.ToQueue:
		parked, err := s.cfg.Registry.QueueConnections(fx.Gen)
		if err != nil {
			s.notify(report.NoticeCutover{Gen: fx.Gen, Err: err})
		}
		return parked
	}
	return true
}

// retireGates closes the gates that no generation has any more. While nothing serves, they
// stay: clients wait in them for what comes next.
func (s *Supervisor) retireGates() {
	if s.m.Serving() != 0 && s.m.Starting() == 0 {
		s.cfg.Registry.CloseUnserved()
	}
	s.sweep()
}

// sweep passes on the clients at gates of dead generations, retires gates, again and again
// until none is left to retire, and reports what programs have closed.
func (s *Supervisor) sweep() {
	s.relay()
	closed, pending := s.cfg.Registry.Sweep()
	for _, ev := range closed {
		s.after(0, func() { s.transport(ev) }) // a step may be under way
	}
	if pending == 0 || s.sweeping {
		return
	}
	s.sweeping = true
	s.after(onceMore, func() {
		s.sweeping = false
		s.sweep()
	})
}

// relay passes on clients that wait at the gate of a dead generation while another one serves. The relay closes those
// for whom it cannot speak.
func (s *Supervisor) relay() {
	passed := map[GenID]int{}
	for _, c := range s.cfg.Registry.AcceptOrphaned(s.cfg.Relay.Room()) {
		if (s.cfg.Adopt == nil || !s.cfg.Adopt(c.At, c.FD)) && !s.cfg.Relay.Pass(c.FD, c.At.Path) {
			continue
		}
		passed[c.To]++
	}
	for to, count := range passed {
		s.deliver(report.NoticeRelayed{To: to, Count: count})
	}
}
