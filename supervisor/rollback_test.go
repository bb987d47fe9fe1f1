package supervisor

import (
	"context"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// lateDrain is a watch that reports late: when it is given up.
type lateDrain struct {
	gen  GenID
	idle chan struct{} // closed: nothing is busy
	over chan struct{} // closed: Run has returned
}

func (d *lateDrain) Run(ctx context.Context, tell func(report.DrainReport)) error {
	defer close(d.over)
	select {
	case <-d.idle:
	case <-ctx.Done():
		tell(report.DrainReport{Connections: 99})
	}
	return nil
}
func (*lateDrain) Retire() {}

// A watch that is given up ends, and what it reports late counts no more: not
// even in the next drain of the same generation.
func TestRollbackEndsTheDrain(t *testing.T) {
	var began chan *lateDrain
	cold(func(cfg *Config) {
		began = make(chan *lateDrain, 8)
		cfg.Policy.Probation = time.Minute
		cfg.Drainer = func(r run.DrainSpec) run.Drain {
			d := &lateDrain{gen: r.Gen, idle: make(chan struct{}), over: make(chan struct{})}
			began <- d
			return d
		}
	}).perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		swap(t, s)
		first := <-began
		if r, err := s.Rollback(t.Context()); err != nil || r.Outcome != report.OutcomeRolledBack || r.Gen != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		<-first.over
		close((<-began).idle) // generation 2 may go
		swap(t, s)
		again := <-began
		if again.gen != 1 {
			t.Fatalf("generation %d drains", again.gen)
		}
		// As if the first watch had found the generation idle just as it was given up.
		s.post(func() {
			s.children[1].unobserved(&watch{}, false, nil)
			s.children[1].observed(&watch{}, report.DrainReport{Connections: 99})
		})
		for _, g := range s.Current().Generations {
			if g.ID == 1 && g.Connections != 0 {
				t.Errorf("a late report counts: %+v", g)
			}
		}
		if r, err := s.Rollback(t.Context()); err != nil || r.Gen != 1 {
			t.Fatalf("generation 1 was told to stop by a late report: %+v, %v", r, err)
		}
		<-again.over
	})
}
