package supervisor

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/wait"
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

// Who presses Ctrl-C waits for requests, and a second for streams.
func TestInterruptLeavesStreams(t *testing.T) {
	for _, c := range []struct {
		end    func(*Supervisor, context.Context) (report.Result, error)
		report report.DrainReport
		want   time.Duration
	}{
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 1, Streams: 1}, newsFirst},
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 2, Streams: 1}, 7 * time.Second},
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 1, Streams: 1, Waiting: 1}, 7 * time.Second},
		{(*Supervisor).Stop, report.DrainReport{Connections: 2, Busy: 1, Streams: 1}, 7 * time.Second},
	} {
		var left func() bool
		cold(func(cfg *Config) {
			cfg.Drainer = func(spec run.DrainSpec) run.Drain {
				left = spec.Streams
				return drains(func(ctx context.Context, tell func(report.DrainReport)) error {
					tell(c.report)
					<-ctx.Done()
					return ctx.Err()
				})
			}
		}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
			begun := time.Now()
			_, _ = c.end(s, t.Context())
			if d := time.Since(begun); d != c.want {
				t.Errorf("%+v: the program is told to stop after %v, want %v", c.report, d, c.want)
			}
			if left() != (c.want == newsFirst) {
				t.Errorf("%+v: the drain is told to leave streams: %t", c.report, left())
			}
		})
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

// hotswap, whose child hotswap serves, ends when nothing lingers behind its generation any more. Who presses Ctrl-C does not
// wait for that.
func TestEndWaitsForWhatLingers(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		var relay finishes
		cold(func(cfg *Config) {
			relay = make(finishes, 1)
			cfg.Relay = relay
			cfg.Drainer = func(r run.DrainSpec) run.Drain {
				return drains(func(context.Context, func(report.DrainReport)) error {
					r.Behind(func() {
						for end, never := time.Now().Add(time.Minute), false; !never && time.Now().Before(end); _, never = r.Next() {
							time.Sleep(time.Millisecond)
						}
					})
					return nil
				})
			}
		}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
			if _, _, err := s.Freeze(); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			s.Release()
			<-s.done
			if interrupted {
				_, _ = s.Interrupt(t.Context())
			}
			if took := (<-relay).Sub(began); took < time.Minute != interrupted {
				t.Errorf("interrupted %v: hotswap ends after %v", interrupted, took)
			}
		})
	}
}

// finishes is a relay without clients, which tells when it finishes.
type finishes chan time.Time

func (finishes) Pass(int, string) bool  { return false }
func (finishes) Room() int              { return 0 }
func (f finishes) Finish(time.Duration) { f <- time.Now() }

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

// An answer that is being sent keeps its generation, beyond the time that any drain has. Who presses Ctrl-C does not wait
// for it.
func TestGenerationStaysForAnswers(t *testing.T) {
	for _, c := range []struct {
		policy  Policy
		reports map[time.Duration]report.DrainReport
		stop    func(*Supervisor, context.Context) (report.Result, error) // after a minute
		want    []string
	}{
		{Policy{Watching: true}, map[time.Duration]report.DrainReport{0: {Busy: 1, Flowing: 1}, 30 * time.Second: {Idle: true, Retired: true}}, nil,
			[]string{"7s: stays for 1", "30s: over, busy false, cut ``, 0 busy"}},
		{Policy{Watching: true}, map[time.Duration]report.DrainReport{0: {Busy: 2, Flowing: 1}, 30 * time.Second: {Busy: 1}}, nil,
			[]string{"7s: stays for 1", "33s: over, busy true, cut `drain-timeout`, 1 busy"}},
		{Policy{}, map[time.Duration]report.DrainReport{0: {Busy: 1, Flowing: 1}}, nil,
			[]string{"7s: stays for 1", "4m57s: over, busy true, cut `stream-timeout`, 1 busy"}},
		{Policy{Watching: true}, map[time.Duration]report.DrainReport{0: {Busy: 1, Flowing: 1}}, (*Supervisor).Interrupt,
			[]string{"7s: stays for 1", "1m0s: over, busy true, cut `stop`, 1 busy"}},
		{Policy{Watching: true}, map[time.Duration]report.DrainReport{0: {Busy: 1, Flowing: 1}}, (*Supervisor).Stop,
			[]string{"7s: stays for 1", "1m7s: over, busy true, cut `drain-timeout`, 1 busy"}},
	} {
		var begun time.Time
		var told []string
		th := cold(func(cfg *Config) {
			cfg.Policy = c.policy
			cfg.Drainer = func(r run.DrainSpec) run.Drain {
				return drains(func(ctx context.Context, tell func(report.DrainReport)) error {
					if r.Gen != 1 {
						return nil
					}
					for at := time.Duration(0); ctx.Err() == nil; at += time.Second {
						if r, ok := c.reports[at]; ok {
							tell(r)
						}
						_ = wait.For(ctx, time.Second)
					}
					return ctx.Err()
				})
			}
			cfg.Notify = func(n report.Notice) bool {
				switch n := n.(type) {
				case report.NoticeStays:
					told = append(told, fmt.Sprintf("%v: stays for %d", time.Since(begun).Truncate(time.Second), n.Answers))
				case report.NoticeDrainUnwatched:
					told = append(told, "it cannot be observed")
				case report.NoticeDrained:
					if n.Gen == 1 {
						told = append(told, fmt.Sprintf("%v: over, busy %v, cut `%s`, %d busy", time.Since(begun).Truncate(time.Second), n.Busy, n.Cut, n.Report.Busy))
					}
				}
				return true
			}
		})
		th.leaving = time.Millisecond
		th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
			begun = time.Now()
			swap(t, s)
			time.Sleep(time.Minute)
			if c.stop == nil {
				time.Sleep(time.Hour)
			} else {
				_, _ = c.stop(s, t.Context())
			}
		})
		if !slices.Equal(told, c.want) {
			t.Errorf("told %q, want %q", told, c.want)
		}
	}
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
