package demo

import (
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
)

// swapped is the backend that hotswap is: the engine of hotswap -- … over
// the demo's server.
type Swapped struct {
	Engine *engine.Engine
	ended  chan struct{} // closed when the supervisor has
	null   *os.File

	mu     sync.Mutex // guards what follows: the supervisor's loop writes it
	swaps  int        // promotions after the first
	gone   int        // generations that were relieved and are gone
	failed error      // why it will not serve, or not be seen to
	took   times
}

// bootPatience is how long the demo's server may take to listen.
const bootPatience = 8 * time.Second

const seeDoctor = "hotswap doctor tells what to do"

// Options are those of the demo: a swap is over when the old one has gone.
func Options() options.Options {
	return options.Options{NoWatch: true, NoAdapter: true, Handoff: options.HandoffAuto, ReadyTimeout: bootPatience, DrainTimeout: 10 * time.Second, MaxDraining: 32}
}

func NewSwapped(o options.Options, choose engine.Chooser, port int) (*Swapped, error) {
	argv, err := ServerArgv(port, Boot)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &Swapped{null: null, ended: make(chan struct{})}
	b.Engine, err = engine.New(o, nil, choose, supervisor.Config{
		Command: argv, Env: os.Environ(), Notify: b.notice,
		Console: supervisor.Inherited{int(null.Fd()), int(null.Fd()), 2},
	})
	if err != nil {
		_ = null.Close()
		return nil, err
	}
	return b, nil
}

// notice keeps what the table is made of. It runs in the supervisor's loop.
func (b *Swapped) notice(n supervisor.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := n.(type) {
	case supervisor.NoticeServing:
		if n.Replaces != 0 {
			b.swaps++
			b.took.Cutover = append(b.took.Cutover, n.Cutover)
			b.took.boot = append(b.took.boot, n.Boot)
		}
	case supervisor.NoticeDrained:
		if b.gone++; b.gone <= b.swaps { // the last one is ended with hotswap
			b.took.drain = append(b.took.drain, n.Took)
		}
	case supervisor.NoticeFailed:
		b.fail(fmt.Errorf("the demo's server did not start: %s (%s)", n.Why, n.Exit))
	case supervisor.NoticeNotListening:
		b.fail(exit.Unavailable(fmt.Errorf("nobody was seen to listen for %s; %s", human.Describe(n.After), seeDoctor)))
	case supervisor.NoticeTrackingLost:
		b.fail(exit.Unavailable(fmt.Errorf("%w; %s", n.Err, seeDoctor)))
	}
}

func (b *Swapped) Begin(ctx context.Context) (version int, err error) {
	go func() {
		b.Engine.Supervisor.Run(context.Background())
		close(b.ended)
	}()
	err = b.Await(ctx, func(s supervisor.Status) (bool, error) {
		version = int(s.Generation)
		return version != 0, b.Failure()
	})
	return version, err
}

// await waits for a fact about the supervisor.
func (b *Swapped) Await(ctx context.Context, fact func(supervisor.Status) (bool, error)) error {
	for {
		changed := b.Engine.Supervisor.Changed()
		if yes, err := fact(b.Engine.Supervisor.Status()); yes || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *Swapped) Failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *Swapped) Replace(ctx context.Context) (version int, err error) {
	r, err := b.Engine.Supervisor.Reload(ctx)
	if err == nil && r.Outcome != supervisor.OutcomeServes {
		err = fmt.Errorf("generation %d %s: %s", r.Gen, r.Outcome, r.Why)
	}
	return int(r.Gen), err
}

func (b *Swapped) Settle(ctx context.Context) error {
	return b.Await(ctx, func(s supervisor.Status) (bool, error) { return len(s.Generations) <= 1, nil })
}

func (b *Swapped) fail(err error) {
	if b.failed == nil {
		b.failed = err
	}
}

// discard gives up what a backend holds that does not run.
func (b *Swapped) discard() {
	b.Engine.Close()
	_ = b.null.Close()
}

func (b *Swapped) End(ctx context.Context) {
	if ctx.Err() != nil {
		_, _ = b.Engine.Supervisor.StopNow(context.Background(), exit.OK)
	} else {
		_, _ = b.Engine.Supervisor.Stop(context.Background())
	}
	<-b.ended
	b.discard()
}

func (b *Swapped) times() times {
	b.mu.Lock()
	defer b.mu.Unlock()
	return times{slices.Clone(b.took.Cutover), slices.Clone(b.took.boot), slices.Clone(b.took.drain)}
}
