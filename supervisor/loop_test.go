package supervisor

import (
	"errors"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Who reads the status because of a notice must see what the notice told.
func TestCurrentStatusIsThatOfTheNotices(t *testing.T) {
	var look chan struct{}
	cold(func(cfg *Config) {
		look = make(chan struct{})
		cfg.Starts = nobody{}.Start
		cfg.Notify = func(n report.Notice) bool {
			if _, ok := n.(report.NoticeFailed); ok {
				<-look // the step is not over
			}
			return true
		}
	}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		if st := s.Status(); st.FailedSwaps != 0 {
			t.Error("the status is there before the step is over: this test shows nothing")
		}
		close(look)
		if st := s.Current(); st.FailedSwaps != 1 {
			t.Errorf("the failure is not in the current status: %+v", st)
		}
	})
}

// nobody starts nothing.
type nobody struct{}

func (nobody) Start(proc.Spec) (run.Process, error) { return nil, errors.New("nobody is there") }
