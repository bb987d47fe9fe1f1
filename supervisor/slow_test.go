package supervisor

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A boot that takes long says so after five seconds and each time that has doubled, until it is over.
func TestSlowBoot(t *testing.T) {
	slow := func(told []report.Notice) (out []time.Duration) {
		for _, n := range of[report.NoticeSlow](told) {
			out = append(out, n.After)
		}
		return out
	}
	th := cold(func(*Config) {})
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
