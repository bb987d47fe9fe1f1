package supervisor

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A standby that would have another environment now is not used. One whose environment cannot
// be read fails as a cold start does, and the old generation serves on.
func TestStandbyHasTheEnvironmentOfNow(t *testing.T) {
	var vars atomic.Value
	broken := errors.New(".env:3: broken")
	set := func(all ...string) { vars.Store(all) }
	set("A=1")
	th := &theatre{environ: func() (Environment, error) {
		now := vars.Load().([]string)
		if now == nil {
			return Environment{}, broken
		}
		return Environment{Vars: now}, nil
	}}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		if !swap(t, s) {
			t.Error("the environment is the same, and the standby was not used")
		}
		time.Sleep(10 * time.Second)
		told()
		set("A=2")
		if swap(t, s) || !errors.Is(unused(told()), errEnvironment) {
			t.Error("a standby with an old environment was used")
		}
		time.Sleep(10 * time.Second)
		serving := s.Current().Generation
		set()
		r, err := s.Reload(t.Context())
		if err != nil || r.Outcome != report.OutcomeFailed || !errors.Is(r.Err, broken) ||
			s.Current().Generation != serving {
			t.Errorf("%+v, %v, generation %d serves", r, err, s.Current().Generation)
		}
		time.Sleep(10 * time.Second)
		set("A=3")
		swap(t, s)
		time.Sleep(10 * time.Second)
		if !swap(t, s) {
			t.Error("there is no standby after a file that could not be read for a while")
		}
		synctest.Wait()
	})
}
