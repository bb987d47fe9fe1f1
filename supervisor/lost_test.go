package supervisor

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// stubborn is a fleet whose programs end by SIGKILL only; their drains never end.
type stubborn struct{ fleet }

func (*stubborn) Start(proc.Spec) (Process, error) {
	return deaf{listening{&listener{exited: make(chan proc.Exit, 1), gone: make(chan struct{})}}}, nil
}

type deaf struct{ listening }

func (deaf) Signal(syscall.Signal) error { return nil }
func (d deaf) Kill() error               { return d.listening.Signal(syscall.SIGKILL) }

type busyDrain struct{}

func (busyDrain) Run(ctx context.Context, report func(DrainReport)) error {
	report(DrainReport{Connections: 3, Busy: 2})
	<-ctx.Done()
	return nil
}
func (busyDrain) Stopping() {}

// The status of the last swap has what a kill cut off.
func TestLostWithTheKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &stubborn{}
		drained := make(chan NoticeDrained, 8)
		s := New(Config{
			Command: []string{"stubborn"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{f}, Runner: f,
			Drainer: func(DrainRequest) Drain { return busyDrain{} },
			Notify: func(n Notice) {
				if n, ok := n.(NoticeDrained); ok {
					drained <- n
				}
			},
		})
		go s.Run(context.Background())
		synctest.Wait()
		for i := range 2 {
			if r, err := s.Reload(t.Context()); err != nil || r.Outcome != OutcomeServes {
				t.Fatalf("%+v, %v", r, err)
			}
			if swap := s.Current().LastSwap; swap.Lost != 0 {
				t.Errorf("swap %d has lost %d before anything was killed", i, swap.Lost)
			}
			if n := <-drained; !n.Killed || !n.Busy {
				t.Errorf("%+v", n)
			}
			if swap := s.Current().LastSwap; swap.Lost != 2 || swap.DrainMS == nil {
				t.Errorf("%+v", swap)
			}
		}
		if _, err := s.StopNow(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}
