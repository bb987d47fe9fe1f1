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

// Trial replaces the doctor's server as hotswap -- … does.
type Trial struct {
	Engine *engine.Engine
	ended  chan struct{} // closed when the supervisor has ended
	null   *os.File
	denied atomic.Bool // pidfd_getfd(2) is forbidden
}

// Options returns the options of a trial. A swap ends when the old process has gone.
func Options() options.Options {
	return options.Options{NoWatch: true, NoAdapter: true, ReadyTimeout: wait.Work, DrainTimeout: 10 * time.Second}
}

// NewTrial returns one that does not run yet, with the server at a port of 127.0.0.1. Without interception it returns an
// error.
func NewTrial(o options.Options, port int) (*Trial, error) {
	argv, err := ServerArgv(port)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &Trial{null: null, ended: make(chan struct{})}
	b.Engine, err = engine.New(engine.Config{Options: o, Supervisor: supervisor.Config{
		Command: argv, Env: os.Environ(), Notify: b.notice,
		Console: run.Relayed{Console: console.New(console.Config{In: int(null.Fd()), Input: int(null.Fd()), Out: int(null.Fd()), Err: 2})},
	}})
	if err != nil {
		_ = null.Close()
		return nil, err
	}
	if why := b.Engine.Mechanism.Why; why != nil {
		b.close()
		return nil, fmt.Errorf("interception does not work here (%w)", why)
	}
	return b, nil
}

// notice keeps what the program's sockets cannot do. The supervisor's loop calls it.
func (b *Trial) notice(n report.Notice) (said bool) {
	if ev, is := n.(report.NoticeEvent); is {
		_, denied := ev.Event.(handoff.Degraded)
		b.denied.Store(b.denied.Load() || denied)
	}
	return true
}

// Begin starts the server and returns when it serves.
func (b *Trial) Begin(ctx context.Context) error {
	go func() {
		b.Engine.Supervisor.Run(context.Background())
		close(b.ended)
	}()
	return b.Await(ctx, func(s report.Status) (bool, error) {
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

// Await waits until done reports true or an error.
func (b *Trial) Await(ctx context.Context, done func(report.Status) (bool, error)) error {
	for {
		st := b.Engine.Supervisor.Status()
		if yes, err := done(st); yes || err != nil {
			return err
		}
		if err := wait.On(ctx, st.Changed); err != nil {
			return err
		}
	}
}

// Replace puts a fresh process in the server's place and returns when that serves.
func (b *Trial) Replace(ctx context.Context) (version int, err error) {
	r, err := b.Engine.Supervisor.Reload(ctx)
	if err == nil && r.Outcome != report.OutcomeServes {
		err = fmt.Errorf("generation %d %s: %s", r.Gen, r.Outcome, r.Why)
	}
	return int(r.Gen), err
}

// End ends everything; at once if ctx has ended.
func (b *Trial) End(ctx context.Context) {
	if ctx.Err() != nil {
		_, _ = b.Engine.Supervisor.StopNow(context.Background(), exit.OK)
	} else {
		_, _ = b.Engine.Supervisor.Stop(context.Background(), 0)
	}
	<-b.ended
	b.close()
}

// close releases what a trial holds that does not run.
func (b *Trial) close() {
	b.Engine.Close()
	_ = b.null.Close()
}
