package supervisor

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
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
