package supervisor

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A boot that takes long says so after five seconds and each time that has doubled, until it is over. It may be a
// worker's unless the user has said otherwise.
func TestSlowBoot(t *testing.T) {
	for _, named := range []bool{false, true} {
		testSlowBoot(t, named)
	}
}

func testSlowBoot(t *testing.T, named bool) {
	slow := func(told []report.Notice) (out []time.Duration) {
		for _, n := range of[report.NoticeSlow](told) {
			if n.MayRun == named {
				t.Errorf("named %t: it may be a worker: %t", named, n.MayRun)
			}
			out = append(out, n.After)
		}
		return out
	}
	th := cold(func(cfg *Config) { cfg.Policy.Told = named })
	th.mute.Store(true)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Minute)
		if got := slow(told()); !slices.Equal(got, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second,
			40 * time.Second}) {
			t.Errorf("%v", got)
		}
		th.mute.Store(false)
		swap(t, s)
		time.Sleep(10 * time.Minute)
		if s.Current().State != report.PhaseServing {
			t.Error("it does not serve")
		}
		if got := slow(told()); got != nil {
			t.Errorf("%v", got)
		}
	})
}
