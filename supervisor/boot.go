package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// slowBoot is after how long people first hear that a generation boots.
const slowBoot = 5 * time.Second

// slow says that a boot takes long, and again when that has doubled.
func (s *Supervisor) slow(gen GenID, after time.Duration) {
	if s.m.Boots(gen) {
		s.notify(report.NoticeSlow{Gen: gen, After: after})
		s.after(after, func() { s.slow(gen, 2*after) })
	}
}
