package supervisor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Numbers that came too early to be told are told when it is time, although no
// report comes then.
func TestDrainIsToldInItsTime(t *testing.T) {
	var begun time.Time
	var told []string
	cold(func(cfg *Config) {
		cfg.Drainer = func(run.DrainSpec) run.Drain {
			return reportsAt(map[time.Duration]report.DrainReport{
				0: {Connections: 3, Busy: 1}, 1500 * time.Millisecond: {Connections: 2, Busy: 1},
			})
		}
		cfg.Notify = func(n report.Notice) bool {
			if n, ok := n.(report.NoticeDraining); ok && n.Live {
				told = append(told, fmt.Sprintf("%v: %d, %d for %v", time.Since(begun), n.Report.Connections,
					n.Report.Busy, n.Lasts))
			}
			return true
		}
	}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) { begun = time.Now() })
	if want := []string{"1s: 3, 1 for 1s", "3s: 2, 1 for 3s"}; !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
}

// At the end a generation still gets new connections, and its first quiet moment
// is the one to wait for; not so when a child hotswap has them.
func TestDrainAtTheEndKnowsOfAChildHotswap(t *testing.T) {
	for _, renewed := range []bool{false, true} {
		registry, steered, last := reuseport.NewRegistry(nil), !renewed, !renewed
		cold(func(cfg *Config) {
			cfg.Registry = registry
			cfg.Drainer = func(r run.DrainSpec) run.Drain {
				steered, last = r.Steered, r.Last()
				return reportsAt(nil)
			}
		}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
			if !renewed {
				return
			}
			if _, _, err := s.Freeze(); err != nil {
				t.Fatal(err)
			}
			s.Release()
		})
		if steered != renewed || last != renewed {
			t.Errorf("a child hotswap has the new connections: %v; the drain believes %v, the last %v", renewed,
				steered, last)
		}
	}
}
