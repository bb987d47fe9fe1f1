package supervisor

import (
	"context"
	"errors"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// finds is a look at the gates that finds clients who wait for nobody.
type finds struct{ waiting int }

func (finds) kind() eventKind        { return kindCount }
func (e finds) happen(s *Supervisor) { s.later = append(s.later, evStranded(e)) }

// What the loop tells itself while it looks after the gates by itself is
// handled then, and not when something else happens some day.
func TestStrandedClientsFoundByASweepAreToldAtOnce(t *testing.T) {
	s := New(Config{Command: []string{"true"}, Registry: handoff.NewRegistry(nil)})
	s.m.gens = []*Generation{{ID: 1, State: StateServing}}
	s.m.last = 1
	s.m.backoff.next(s.m.policy.Backoff) // the first restart is at once, and would start a program
	s.handle(finds{waiting: 1})
	if len(s.later) != 0 || s.m.restart == nil || s.m.restart.cause != CauseRescue {
		t.Errorf("nobody is started for the clients who wait: %d events are left", len(s.later))
	}
	for _, timer := range s.timers {
		timer.Stop()
	}
}

// Who reads the status because of a notice must see what the notice told.
func TestCurrentStatusIsThatOfTheNotices(t *testing.T) {
	told, look := make(chan struct{}), make(chan struct{})
	s := New(Config{
		Command: []string{"true"}, Registry: handoff.NewRegistry(nil), Policy: Policy{Watching: true}, Runner: nobody{},
		Notify: func(n any) {
			if _, ok := n.(NoticeFailed); ok {
				close(told)
				<-look // the step is not over
			}
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

func (nobody) Start(proc.Spec) (Process, error) { return nil, errors.New("nobody is there") }
