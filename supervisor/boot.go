package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	slowBoot = 5 * time.Second // after which people first hear that a generation boots
	restTime = 3 * time.Second // before that, in which a program must rest that is to count as one without a port
	// restShare is which part of the time between two looks a program may want a processor and count as resting: runtimes have
	// timers of their own.
	restShare = 10
)

// watchBoot looks at a generation until it boots no more.
func (s *Supervisor) watchBoot(gen GenID) {
	s.after(slowBoot-restTime, func() {
		before := s.wantedBy(gen)
		s.after(restTime, func() { s.slow(gen, slowBoot, restTime, before) })
	})
}

// wantedBy returns for how long the generation has wanted a processor; 0: nobody knows.
func (s *Supervisor) wantedBy(gen GenID) time.Duration {
	if p := s.children[gen].process(); p != nil {
		return s.wanted(p.Tree())
	}
	return 0
}

// slow says that a boot takes long, and again when that has doubled, unless the program has rested since the look before.
func (s *Supervisor) slow(gen GenID, after, since, before time.Duration) {
	now := s.wantedBy(gen)
	if rested := before > 0 && now >= before && now-before < since/restShare; rested && s.m.Boots(gen) {
		s.step(machine.Rested{Gen: gen})
	}
	if s.m.Boots(gen) {
		s.notify(report.NoticeSlow{Gen: gen, After: after})
		s.after(after, func() { s.slow(gen, 2*after, after, now) })
	}
}
