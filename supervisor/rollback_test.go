package supervisor

import (
	"context"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// fleet runs programs that listen at once and end when they are told to. Its
// drains end when they are told to.
type fleet struct {
	began chan *fleetDrain
}

func (*fleet) Name() string { return "fleet" }
func (*fleet) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return fleetSession{l.Gen}, nil
}
func (*fleet) Start(proc.Spec) (run.Process, error) {
	return listening{&listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}}, nil
}

type fleetSession struct{ gen GenID }

func (s fleetSession) Run(ctx context.Context, _ handoff.Running, report func(handoff.Event)) error {
	report(handoff.Listening{Gen: s.gen, Endpoint: portA})
	<-ctx.Done()
	return nil
}

// fleetDrain is a watch that reports late: when it is given up.
type fleetDrain struct {
	gen  GenID
	idle chan struct{} // closed: nothing is busy
	over chan struct{} // closed: Run has returned
	once sync.Once
}

func (d *fleetDrain) Run(ctx context.Context, tell func(report.DrainReport)) error {
	defer d.once.Do(func() { close(d.over) })
	select {
	case <-d.idle:
	case <-ctx.Done():
		tell(report.DrainReport{Connections: 99})
	}
	return nil
}
func (*fleetDrain) Retire() {}

// A watch that is given up ends, and what it reports late counts no more: not
// even in the next drain of the same generation.
func TestRollbackEndsTheDrain(t *testing.T) {
	f := &fleet{began: make(chan *fleetDrain, 8)}
	served := make(chan GenID, 8)
	s := New(Config{
		Command: []string{"fleet"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{f}, Runner: f,
		StopSignal: syscall.SIGTERM,
		Drainer: func(r run.DrainRequest) run.Drain {
			d := &fleetDrain{gen: r.Gen, idle: make(chan struct{}), over: make(chan struct{})}
			f.began <- d
			return d
		},
		Notify: func(n report.Notice) {
			if n, ok := n.(report.NoticeServing); ok {
				served <- n.Gen
			}
		},
	})
	ended := make(chan int)
	go func() { ended <- s.Run(context.Background()) }()
	<-served
	swap := func() {
		t.Helper()
		if r, err := s.Reload(t.Context()); err != nil || r.Outcome != report.OutcomeServes {
			t.Fatalf("%+v, %v", r, err)
		}
		<-served
	}
	swap()
	first := <-f.began
	if r, err := s.Rollback(t.Context()); err != nil || r.Outcome != report.OutcomeRolledBack || r.Gen != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	<-first.over
	close((<-f.began).idle) // generation 2 may go
	swap()
	again := <-f.began
	if again.gen != 1 {
		t.Fatalf("generation %d drains", again.gen)
	}
	// As if the first watch had found the generation idle just as it was given up.
	s.post(func() {
		s.children[1].proceed(&watch{})
		s.children[1].drains(&watch{}, report.DrainReport{Connections: 99})
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
	go s.Stop(context.Background())
	for {
		select {
		case d := <-f.began:
			close(d.idle)
		case <-ended:
			return
		}
	}
}
