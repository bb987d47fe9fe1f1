package supervisor

import (
	"context"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// listener is a program that listens at once and ends when it is told to; it is
// its own transport, session, runner, process and drain.
type listener struct {
	exited chan report.Exit
	gone   chan struct{}
	asked  chan run.DrainRequest
}

func (*listener) Name() string                                       { return "listener" }
func (l *listener) Prepare(*handoff.Launch) (handoff.Session, error) { return l, nil }
func (l *listener) Start(proc.Spec) (run.Process, error)             { return listening{l}, nil }
func (l *listener) Run(ctx context.Context, _ handoff.Running, report func(handoff.Event)) error {
	report(handoff.Listening{Gen: 1, Endpoint: portA})
	<-ctx.Done()
	return nil
}

type listening struct{ *listener }

func (listening) PID() int                     { return 1234 }
func (listening) Listener() (int, error)       { return -1, nil }
func (listening) Tree() []int                  { return nil }
func (listening) Kill() error                  { return nil }
func (listening) Release() error               { return nil }
func (p listening) Exited() <-chan report.Exit { return p.exited }
func (p listening) Gone() <-chan struct{}      { return p.gone }
func (p listening) Signal(syscall.Signal) error {
	p.exited <- report.Exit{}
	close(p.gone)
	return nil
}

// await waits until the status of s is as wanted.
func await(s *Supervisor, wanted func(report.Status) bool) {
	for {
		changed := s.Changed()
		if wanted(s.Current()) {
			return
		}
		<-changed
	}
}

type drained struct{}

func (drained) Run(context.Context, func(report.DrainReport)) error { return nil }
func (drained) Retire()                                             {}

// At the end a generation still gets new connections, and its first quiet moment
// is the one to wait for; not so when a child hotswap has them.
func TestDrainAtTheEndKnowsOfAChildHotswap(t *testing.T) {
	for _, renewed := range []bool{false, true} {
		l := &listener{exited: make(chan report.Exit, 1), gone: make(chan struct{}), asked: make(chan run.DrainRequest, 1)}
		registry, serving := reuseport.NewRegistry(nil), make(chan struct{})
		s := New(Config{
			Command: []string{"listener"}, Registry: registry, Transports: []handoff.Transport{l}, Runner: l,
			Drainer: func(r run.DrainRequest) run.Drain { l.asked <- r; return drained{} },
			Notify: func(n report.Notice) {
				if _, ok := n.(report.NoticeServing); ok {
					close(serving)
				}
			},
		})
		ended := make(chan int)
		go func() { ended <- s.Run(context.Background()) }()
		<-serving
		if renewed {
			if _, err := registry.BeginTransfer(); err != nil {
				t.Fatal(err)
			}
			registry.CommitTransfer()
		}
		if _, err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d", code)
		}
		if r := <-l.asked; r.Steered != renewed {
			t.Errorf("a child hotswap has the new connections: %v; the drain believes %v", renewed, r.Steered)
		}
	}
}
