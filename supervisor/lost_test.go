package supervisor

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// stubborn is a fleet whose programs end by SIGKILL only; until then their drains go on.
type stubborn struct {
	fleet
	programs []deaf
}

func (f *stubborn) Start(proc.Spec) (run.Process, error) {
	l := &listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}
	f.programs = append(f.programs, deaf{listening{l}, make(chan struct{})})
	return f.programs[len(f.programs)-1], nil
}

type deaf struct {
	listening
	killed chan struct{}
}

func (deaf) Signal(syscall.Signal) error { return nil }
func (d deaf) Kill() error {
	close(d.killed)
	time.AfterFunc(time.Millisecond, func() { _ = d.listening.Signal(syscall.SIGKILL) })
	return nil
}

// busyDrain sees the connections of a program that is killed go before the program is seen to end.
type busyDrain struct{ of deaf }

func (d busyDrain) Run(ctx context.Context, tell func(report.DrainReport)) error {
	tell(report.DrainReport{Connections: 3, Busy: 2})
	select {
	case <-d.of.killed:
		tell(report.DrainReport{})
	case <-ctx.Done():
	}
	return nil
}
func (busyDrain) Retire() {}

// The status of the last swap has what a kill cut off.
func TestLostWithTheKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &stubborn{}
		drained := make(chan report.NoticeDrained, 8)
		s := New(Config{
			Command: []string{"stubborn"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{f}, Runner: f,
			Drainer: func(r run.DrainRequest) run.Drain { return busyDrain{f.programs[r.Gen-1]} },
			Notify: func(n report.Notice) {
				if n, ok := n.(report.NoticeDrained); ok {
					drained <- n
				}
			},
		})
		go s.Run(context.Background())
		synctest.Wait()
		for i := range 2 {
			if r, err := s.Reload(t.Context()); err != nil || r.Outcome != report.OutcomeServes {
				t.Fatalf("%+v, %v", r, err)
			}
			if swap := s.Current().LastSwap; swap.Lost != 0 {
				t.Errorf("swap %d has lost %d before anything was killed", i, swap.Lost)
			}
			if n := <-drained; !n.Killed || !n.Busy || n.Report.Busy != 2 {
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
