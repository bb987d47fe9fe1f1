package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// trial replaces the doctor's server as hotswap -- … does.
type trial struct {
	engine *engine.Engine
	ended  chan struct{} // closed when the supervisor has ended
	null   *os.File
	denied atomic.Bool // pidfd_getfd(2) is forbidden
}

// newTrial returns one that does not run yet, with the server at a port of 127.0.0.1. Without interception it returns an
// error.
func newTrial(port int) (*trial, error) {
	argv, err := ServerArgv(port)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &trial{null: null, ended: make(chan struct{})}
	o := options.Options{NoWatch: true, NoAdapter: true, ReadyTimeout: wait.Work, DrainTimeout: 10 * time.Second} // a swap ends when the old process has gone
	b.engine, err = engine.New(engine.Config{Options: o, Supervisor: supervisor.Config{
		Command: argv, Env: os.Environ(), Notify: b.notice,
		Console: run.Relayed{Console: console.New(console.Config{In: int(null.Fd()), Input: int(null.Fd()), Out: int(null.Fd()), Err: 2})},
	}})
	if err != nil {
		_ = null.Close()
		return nil, err
	}
	if why := b.engine.Mechanism.Why; why != nil {
		b.close()
		return nil, fmt.Errorf("interception does not work here (%w)", why)
	}
	return b, nil
}

// notice keeps what the program's sockets cannot do. The supervisor's loop calls it.
func (b *trial) notice(n report.Notice) (said bool) {
	if ev, is := n.(report.NoticeEvent); is {
		_, denied := ev.Event.(handoff.Degraded)
		b.denied.Store(b.denied.Load() || denied)
	}
	return true
}

// begin starts the server and returns when it serves.
func (b *trial) begin(ctx context.Context) error {
	go func() {
		b.engine.Supervisor.Run(context.Background())
		close(b.ended)
	}()
	return b.await(ctx, func(s report.Status) (bool, error) {
		unseen := slices.ContainsFunc(s.Generations, func(g report.GenerationStatus) bool { return g.Overdue })
		switch {
		case s.Failure != nil:
			return false, fmt.Errorf("the doctor's server did not start: %s", s.Failure.Reason)
		case unseen, s.State == report.PhaseRunning:
			return false, fmt.Errorf("no process was seen to listen within %s", human.Duration(wait.Work))
		}
		return s.Generation != 0, nil
	})
}

// await waits until done reports true or an error.
func (b *trial) await(ctx context.Context, done func(report.Status) (bool, error)) error {
	for {
		st := b.engine.Supervisor.Status()
		if yes, err := done(st); yes || err != nil {
			return err
		}
		if err := wait.On(ctx, st.Changed); err != nil {
			return err
		}
	}
}

// replace puts a fresh process in the server's place and returns when that serves.
func (b *trial) replace(ctx context.Context) (version int, err error) {
	r, err := b.engine.Supervisor.Reload(ctx)
	if err == nil && r.Outcome != report.OutcomeServes {
		err = fmt.Errorf("generation %d %s: %s", r.Gen, r.Outcome, r.Why)
	}
	return int(r.Gen), err
}

// end ends everything; at once if ctx has ended.
func (b *trial) end(ctx context.Context) {
	if ctx.Err() != nil {
		_, _ = b.engine.Supervisor.StopNow(context.Background(), exit.OK)
	} else {
		_, _ = b.engine.Supervisor.Stop(context.Background(), 0)
	}
	<-b.ended
	b.close()
}

// close releases what a trial holds that does not run.
func (b *trial) close() {
	b.engine.Close()
	_ = b.null.Close()
}
