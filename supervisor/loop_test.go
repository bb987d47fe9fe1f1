package supervisor

import (
	"context"
	"errors"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Who reads the status because of a notice must see what the notice told.
func TestCurrentStatusIsThatOfTheNotices(t *testing.T) {
	told, look := make(chan struct{}), make(chan struct{})
	s := New(Config{
		Command: []string{"true"}, Registry: reuseport.NewRegistry(nil), Policy: Policy{Watching: true}, Runner: nobody{}, Console: &theatre{},
		Environ: func() (Environment, error) { return Environment{}, nil }, Compilers: func(env []string) []string { return env },
		Reason: func(r report.Result) string { return string(r.Why) }, Why: func(reason, _ string) string { return reason }, Publish: func(*report.Status) {},
		Notify: func(n report.Notice) bool {
			if _, ok := n.(report.NoticeFailed); ok {
				close(told)
				<-look // the step is not over
			}
			return true
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	<-told
	if st := s.Status(); st.FailedSwaps != 0 {
		t.Fatal("the status is there before the step is over: this test shows nothing")
	}
	close(look)
	if st := s.Current(); st.FailedSwaps != 1 {
		t.Errorf("the failure is not in the current status: %+v", st)
	}
	cancel()
	<-ended
}

// nobody starts nothing.
type nobody struct{}

func (nobody) Start(proc.Spec) (run.Process, error) { return nil, errors.New("nobody is there") }
