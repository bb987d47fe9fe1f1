package demo

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Hotswap is the backend that replaces the demo's server as hotswap -- … does.
type Hotswap struct {
	Engine *engine.Engine
	ended  chan struct{} // closed when the supervisor has ended
	null   *os.File

	mu    sync.Mutex // guards what follows
	swaps int        // generations that have relieved another
	gone  int        // generations that were relieved and are gone
	err   error      // why the server does not serve, or cannot be seen to
	took  times
}

// bootTimeout is how long the demo's server may take to listen.
const bootTimeout = 8 * time.Second

const seeDoctor = "run hotswap doctor to see what is missing"

// Options returns the options of the demo. A swap ends when the old process has gone.
func Options() options.Options {
	return options.Options{NoWatch: true, NoAdapter: true, ReadyTimeout: bootTimeout, DrainTimeout: 10 * time.Second}
}

// NewHotswap returns a backend that serves on a port of 127.0.0.1. A nil choose is
// engine.Choose.
func NewHotswap(o options.Options, choose engine.Chooser, port int) (*Hotswap, error) {
	argv, err := ServerArgv(port, Boot)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &Hotswap{null: null, ended: make(chan struct{})}
	b.Engine, err = engine.New(engine.Config{Options: o, Choose: choose, Supervisor: supervisor.Config{
		Command: argv, Env: os.Environ(), Notify: b.notice,
		Console: run.Inherited{int(null.Fd()), int(null.Fd()), 2},
	}})
	if err != nil {
		_ = null.Close()
		return nil, err
	}
	return b, nil
}

// notice collects what the table shows. The supervisor's loop calls it.
func (b *Hotswap) notice(n report.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := n.(type) {
	case report.NoticeServing:
		if n.Replaces != 0 {
			b.swaps++
			b.took.cutover = append(b.took.cutover, n.Cutover)
			b.took.boot = append(b.took.boot, n.Boot)
		}
	case report.NoticeDrained:
		if b.gone++; b.gone <= b.swaps { // the last generation ends with hotswap
			b.took.drain = append(b.took.drain, n.Took)
		}
	case report.NoticeFailed:
		b.fail(fmt.Errorf("the demo's server did not start: %s (%s)", n.Why, n.Exit))
	case report.NoticeNotListening:
		b.fail(exit.Unavailable(fmt.Errorf("no process was seen to listen within %s; %s", human.Duration(n.After), seeDoctor)))
	case report.NoticeTrackingLost:
		b.fail(exit.Unavailable(fmt.Errorf("%w; %s", n.Err, seeDoctor)))
	}
}

// fail keeps the first error. The caller holds the lock.
func (b *Hotswap) fail(err error) { b.err = cmp.Or(b.err, err) }

// Err returns why the server does not serve, or nil.
func (b *Hotswap) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Begin implements backend.
func (b *Hotswap) Begin(ctx context.Context) (version int, err error) {
	go func() {
		b.Engine.Supervisor.Run(context.Background())
		close(b.ended)
	}()
	err = b.Await(ctx, func(s report.Status) (bool, error) {
		version = int(s.Generation)
		return version != 0, b.Err()
	})
	return version, err
}

// Await waits until done reports true or an error.
func (b *Hotswap) Await(ctx context.Context, done func(report.Status) (bool, error)) error {
	for {
		changed := b.Engine.Supervisor.Changed()
		if yes, err := done(b.Engine.Supervisor.Status()); yes || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Replace implements backend.
func (b *Hotswap) Replace(ctx context.Context) (version int, err error) {
	r, err := b.Engine.Supervisor.Reload(ctx)
	if err == nil && r.Outcome != report.OutcomeServes {
		err = fmt.Errorf("generation %d %s: %s", r.Gen, r.Outcome, r.Why)
	}
	return int(r.Gen), err
}

// Settle implements backend.
func (b *Hotswap) Settle(ctx context.Context) error {
	return b.Await(ctx, func(s report.Status) (bool, error) { return len(s.Generations) <= 1, nil })
}

// End implements backend.
func (b *Hotswap) End(ctx context.Context) {
	if ctx.Err() != nil {
		_, _ = b.Engine.Supervisor.StopNow(context.Background(), exit.OK)
	} else {
		_, _ = b.Engine.Supervisor.Stop(context.Background())
	}
	<-b.ended
	b.close()
}

// close releases what a backend holds that does not run.
func (b *Hotswap) close() {
	b.Engine.Close()
	_ = b.null.Close()
}

func (b *Hotswap) times() times {
	b.mu.Lock()
	defer b.mu.Unlock()
	return times{slices.Clone(b.took.cutover), slices.Clone(b.took.boot), slices.Clone(b.took.drain)}
}
