package supervisor

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// phases returns the state after each second.
func phases(s *Supervisor, seconds int) (out []string) {
	for range seconds {
		time.Sleep(time.Second)
		synctest.Wait()
		out = append(out, s.Current().State)
	}
	return out
}

func repeated(n int, state string, more ...string) []string {
	return append(slices.Repeat([]string{state}, n), more...)
}

// A program of which nothing is known runs when it has wanted no processor for three seconds, unless a file names a server.
func TestRest(t *testing.T) {
	for name, c := range map[string]struct {
		portless, names, busy bool
		want                  []string
	}{
		"it rests":                {want: repeated(2, report.PhaseStarting, repeated(3, report.PhaseRunning)...)},
		"a file names a server":   {names: true, want: repeated(5, report.PhaseStarting)},
		"it computes":             {busy: true, want: repeated(5, report.PhaseStarting)},
		"it is known from before": {portless: true, names: true, busy: true, want: repeated(5, report.PhaseRunning)},
	} {
		t.Run(name, func(t *testing.T) {
			th := cold(func(cfg *Config) {
				cfg.Policy.Portless, cfg.NamesServer = c.portless, func() bool { return c.names }
			})
			th.mute.Store(true)
			th.busy.Store(c.busy)
			th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
				time.Sleep(time.Millisecond)
				if got := phases(s, 5); !slices.Equal(got, c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
			})
		})
	}
}

// A boot that takes long says so after five seconds and each time that has doubled, until it is over.
func TestSlowBoot(t *testing.T) {
	slow := func(told []report.Notice) (out []time.Duration) {
		for _, n := range told {
			if n, ok := n.(report.NoticeSlow); ok {
				out = append(out, n.After)
			}
		}
		return out
	}
	var names atomic.Bool
	names.Store(true)
	th := cold(func(cfg *Config) { cfg.NamesServer = names.Load })
	th.mute.Store(true)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Minute)
		if got := slow(told()); !slices.Equal(got, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second}) {
			t.Errorf("%v", got)
		}
		th.mute.Store(false)
		swap(t, s)
		if time.Sleep(10 * time.Minute); s.Current().State != report.PhaseServing {
			t.Error("it does not serve")
		}
		if got := slow(told()); got != nil {
			t.Errorf("%v", got)
		}
	})
}
