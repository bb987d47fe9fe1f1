package supervisor

import (
	"context"
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
				told = append(told, fmt.Sprintf("%v: %d, %d for %v", time.Since(begun), n.Report.Connections, n.Report.Busy, n.Lasts))
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
			t.Errorf("a child hotswap has the new connections: %v; the drain believes %v, the last %v", renewed, steered, last)
		}
	}
}

// retires is a drain that goes on, and notes each time that it is retired.
type retires struct {
	drains
	again func()
}

func (r retires) Retire() { r.again() }

// What drains when a child hotswap has the new connections hears of that: nothing moves to this hotswap's generations any more.
func TestDrainUnderWayHearsOfAChildHotswap(t *testing.T) {
	var elsewhere []bool
	cold(func(cfg *Config) {
		cfg.Drainer = func(r run.DrainSpec) run.Drain {
			forever := func(ctx context.Context, _ func(report.DrainReport)) error { <-ctx.Done(); return nil }
			if r.Gen != 1 {
				return reportsAt(nil)
			}
			return retires{forever, func() { elsewhere = append(elsewhere, r.Last()) }}
		}
	}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		swap(t, s)
		if _, _, err := s.Freeze(); err != nil {
			t.Fatal(err)
		}
		s.Release()
		s.Current()
		if !slices.Equal(elsewhere, []bool{false, true}) {
			t.Errorf("at each retirement the new connections are elsewhere: %v", elsewhere)
		}
	})
}

// A watch that ends with its generation has not failed: nobody reads that the connections cannot be observed. The news of
// the end and of the watch come in either order, so there are many.
func TestWatchEndsWithItsGeneration(t *testing.T) {
	unwatched := 0
	th := cold(func(cfg *Config) {
		cfg.Drainer = func(run.DrainSpec) run.Drain {
			return drains(func(ctx context.Context, _ func(report.DrainReport)) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}
		cfg.Notify = func(n report.Notice) bool {
			if _, ok := n.(report.NoticeDrainUnwatched); ok {
				unwatched++
			}
			return true
		}
	})
	th.leaving = time.Millisecond
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		for range 50 {
			swap(t, s)
			time.Sleep(time.Minute)
		}
	})
	if unwatched > 0 {
		t.Errorf("%d of 50 generations", unwatched)
	}
}
