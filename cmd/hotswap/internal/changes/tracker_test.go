package changes

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// lives is a supervisor of which only the status is used.
type lives struct {
	Supervisor
	mu      sync.Mutex
	status  supervisor.Status
	changed chan struct{}
}

func (l *lives) Status() supervisor.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

func (l *lives) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *lives) set(all ...supervisor.Life) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.status, l.changed = supervisor.Status{Lives: all}, make(chan struct{})
}

// Pending changes are decided at the end of a boot, even while no thread answers.
func TestEachPhaseStirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s, tracker := &lives{changed: make(chan struct{})}, newTracker(Config{}, nil)
		go tracker.stir(ctx, s)
		began := time.Now()
		for _, l := range []supervisor.Life{
			{Gen: 1, Began: began, Served: began}, {Gen: 2, Began: began}, {Gen: 2, Began: began, Ended: began, Failed: true},
		} {
			s.set(l)
			synctest.Wait()
			select {
			case <-tracker.stirred:
			default:
				t.Errorf("%+v: no signal", l)
			}
			s.set(l) // the same phase
			synctest.Wait()
			if len(tracker.stirred) > 0 {
				t.Errorf("%+v: another signal", l)
			}
		}
	})
}
