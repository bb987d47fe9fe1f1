package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Client is one run of a crowd of clients. Its methods may be called by any
// goroutine.
type Client struct {
	cfg   Config // constant after New, with defaults if err is nil
	err   error  // constant after New: why Run will refuse
	stats *stats
	begun atomic.Bool
	done  chan struct{} // closed when Run has returned

	// For tests, both may be nil: beforeLook is called before a worker looks
	// at its kept connection, beforeWrite between that look and the write of
	// the request, which is where the race is.
	beforeLook, beforeWrite func(*conn)
}

// ErrBegun is what Run returns when it has been called before: a Client is one
// run.
var ErrBegun = errors.New("this load client has already run")

// New prepares a run. What is wrong with cfg is told by Run.
func New(cfg Config) *Client {
	cfg, err := cfg.withDefaults()
	return &Client{cfg: cfg, err: err, stats: newStats(cfg, time.Now()), done: make(chan struct{})}
}

// Run sends requests until ctx ends, or until every worker has come to its
// Kind's Limit, and returns when all workers have ended.
func (c *Client) Run(ctx context.Context) error {
	if !c.begun.CompareAndSwap(false, true) {
		return ErrBegun
	}
	defer close(c.done)
	if c.err != nil {
		return c.err
	}
	now := time.Now()
	c.stats.begin(now)

	// hard ends what is still unanswered c.cfg.Finish after ctx.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(c.cfg.Finish, cancel)
		<-hard.Done()
		t.Stop()
	})
	defer stop()

	var workers sync.WaitGroup
	for k := range c.cfg.Kinds {
		for n := range c.cfg.Kinds[k].Workers {
			w := &worker{
				client: c, kind: &c.cfg.Kinds[k], kindIndex: k, number: n + 1,
				target: c.cfg.Targets[n%len(c.cfg.Targets)],
				soft:   ctx, hard: hard,
			}
			workers.Go(w.run)
		}
	}
	workers.Wait()
	c.stats.end(time.Now())
	return nil
}

// Snapshot tells what has been seen so far.
func (c *Client) Snapshot() Snapshot { return c.stats.snapshot(time.Now()) }

// Wait waits for Run to return and tells what it has seen.
func (c *Client) Wait() Snapshot {
	<-c.done
	return c.Snapshot()
}

// Await waits until the run has seen what cond wants, looking again after every
// request. It returns ctx's error when that ends first, and ErrEnded when the
// run does.
func (c *Client) Await(ctx context.Context, cond func(Snapshot) bool) error {
	nudge, stop := c.stats.listen()
	defer stop()
	for {
		if cond(c.Snapshot()) {
			return nil
		}
		select {
		case <-nudge:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.done:
			if cond(c.Snapshot()) {
				return nil
			}
			return ErrEnded
		}
	}
}

// ErrEnded is what Await returns when the run ends without what it waits for.
var ErrEnded = errors.New("the load client has ended")

// SuspendOrder stops judging answers by the age of their version, until resume
// is called; then the order of versions begins anew, with connections that are
// dialled from then on. It goes around a deliberate step back to an older
// version, after which the newer one's answers prove nothing.
func (c *Client) SuspendOrder() (resume func()) { return c.stats.suspendOrder() }
