package supervisor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// The status of the last swap has what a kill cut off. The connections of a program that is killed go before the
// program is seen to end.
func TestLostWithTheKill(t *testing.T) {
	var th *theatre
	th = cold(func(cfg *Config) {
		cfg.Drainer = func(r run.DrainSpec) run.Drain {
			killed := th.actors[r.Gen-1].killed
			return drains(func(ctx context.Context, tell func(report.DrainReport)) error {
				tell(report.DrainReport{Connections: 3, Busy: 2})
				select {
				case <-killed:
					tell(report.DrainReport{})
				case <-ctx.Done():
				}
				return nil
			})
		}
	})
	th.deaf, th.dying = true, time.Millisecond
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		for i := range 2 {
			swap(t, s)
			if swap := s.Current().LastSwap; swap.Lost != 0 {
				t.Errorf("swap %d has lost %d before anything was killed", i, swap.Lost)
			}
			time.Sleep(11 * time.Second)
			synctest.Wait()
			for _, n := range told() {
				if n, ok := n.(report.NoticeDrained); ok && (!n.Killed || !n.Busy || n.Report.Busy != 2) {
					t.Errorf("%+v", n)
				}
			}
			if swap := s.Current().LastSwap; swap.Lost != 2 || swap.DrainMS == nil {
				t.Errorf("%+v", swap)
			}
		}
	})
}
