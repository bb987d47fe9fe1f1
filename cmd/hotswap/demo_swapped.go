package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// swapped is the backend that hotswap is: the machinery of hotswap -- … over
// the demo's server.
type swapped struct {
	machinery *machinery
	ended     chan struct{} // closed when the supervisor has
	null      *os.File

	mu     sync.Mutex // guards what follows: the supervisor's loop writes it
	swaps  int        // promotions after the first
	gone   int        // generations that were relieved and are gone
	failed error      // why it will not serve, or not be seen to
	took   times
}

// bootPatience is how long the demo's server may take to listen.
const bootPatience = 8 * time.Second

const seeDoctor = "hotswap doctor tells what to do"

// demoOptions are those of the demo: a swap is over when the old one has gone.
func demoOptions() options {
	return options{noWatch: true, noAdapter: true, handoff: handoffAuto, readyTimeout: bootPatience, drainTimeout: 10 * time.Second, maxDraining: 32}
}

func newSwapped(o options, choose wayChooser, port int) (*swapped, error) {
	argv, err := demoServerArgv(port, demoBoot)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	b := &swapped{null: null, ended: make(chan struct{})}
	b.machinery, err = assemble(o, nil, choose, supervisor.Config{
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
func (b *swapped) notice(n supervisor.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := n.(type) {
	case supervisor.NoticeServing:
		if n.Replaces != 0 {
			b.swaps++
			b.took.cutover = append(b.took.cutover, n.Cutover)
			b.took.boot = append(b.took.boot, n.Boot)
		}
	case supervisor.NoticeDrained:
		if b.gone++; b.gone <= b.swaps { // the last one is ended with hotswap
			b.took.drain = append(b.took.drain, n.Took)
		}
	case supervisor.NoticeFailed:
		b.fail(fmt.Errorf("the demo's server did not start: %s (%s)", n.Why, n.Exit))
	case supervisor.NoticeNotListening:
		b.fail(unavailable(fmt.Errorf("nobody was seen to listen for %s; %s", describe(n.After), seeDoctor)))
	case supervisor.NoticeLost:
		b.fail(unavailable(fmt.Errorf("%w; %s", n.Err, seeDoctor)))
	}
}

func (b *swapped) begin(ctx context.Context) (version int, err error) {
	go func() {
		b.machinery.supervisor.Run(context.Background())
		close(b.ended)
	}()
	err = b.await(ctx, func(s supervisor.Status) (bool, error) {
		version = int(s.Generation)
		return version != 0, b.failure()
	})
	return version, err
}

// await waits for a fact about the supervisor.
func (b *swapped) await(ctx context.Context, fact func(supervisor.Status) (bool, error)) error {
	for {
		changed := b.machinery.supervisor.Changed()
		if yes, err := fact(b.machinery.supervisor.Status()); yes || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *swapped) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *swapped) replace(ctx context.Context) (version int, err error) {
	r, err := b.machinery.supervisor.Swap(ctx)
	if err == nil && r.Outcome != supervisor.OutcomeServes {
		err = fmt.Errorf("generation %d %s: %s", r.Gen, r.Outcome, r.Why)
	}
	return int(r.Gen), err
}

func (b *swapped) settle(ctx context.Context) error {
	return b.await(ctx, func(s supervisor.Status) (bool, error) { return len(s.Generations) <= 1, nil })
}

func (b *swapped) fail(err error) {
	if b.failed == nil {
		b.failed = err
	}
}

// discard gives up what a backend holds that does not run.
func (b *swapped) discard() {
	b.machinery.close()
	_ = b.null.Close()
}

func (b *swapped) end(ctx context.Context) {
	if ctx.Err() != nil {
		_, _ = b.machinery.supervisor.StopNow(context.Background(), exitOK)
	} else {
		_, _ = b.machinery.supervisor.Stop(context.Background())
	}
	<-b.ended
	b.discard()
}

func (b *swapped) times() times {
	b.mu.Lock()
	defer b.mu.Unlock()
	return times{slices.Clone(b.took.cutover), slices.Clone(b.took.boot), slices.Clone(b.took.drain)}
}
