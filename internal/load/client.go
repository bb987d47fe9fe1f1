package load

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Client is one run of many workers. Its methods may be called by any goroutine.
type Client struct {
	cfg   Config // constant after New, with defaults
	stats *stats
	done  chan struct{} // closed when Run has returned

	// For tests, or nil. beforeLook is called before a worker looks at its kept
	// connection, beforeWrite between that look and the write, where the race is.
	beforeLook, beforeWrite func(*conn)
}

// New returns a client that has not begun.
func New(cfg Config) *Client {
	cfg = cfg.withDefaults()
	return &Client{cfg: cfg, stats: newStats(cfg, time.Now()), done: make(chan struct{})}
}

// Run sends requests until ctx ends or every worker has reached its Kind's Limit. It
// returns when all workers have ended. It may be called once.
func (c *Client) Run(ctx context.Context) {
	defer close(c.done)
	c.stats.begin(time.Now())

	finish := c.cfg.Timeout
	for _, k := range c.cfg.Kinds {
		finish = max(finish, c.cfg.Timeout+k.Slow)
	}
	// hard ends requests that are still unanswered finish after ctx.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(finish, cancel)
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
}

// Snapshot returns the results so far.
func (c *Client) Snapshot() Snapshot { return c.stats.snapshot(time.Now()) }

// Wait waits for Run to return and returns the results.
func (c *Client) Wait() Snapshot {
	<-c.done
	return c.Snapshot()
}

// Await waits until the results satisfy cond, which is called after every request. It
// returns ctx's error if ctx ends first, and ErrEnded if the run does.
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

// ErrEnded reports that a run has ended before the condition of an Await was met.
var ErrEnded = errors.New("the load client has ended")

// SuspendOrder allows answers of older versions until resume is called, as around a
// rollback. After that the order of versions is learnt anew, from connections dialled
// from then on.
func (c *Client) SuspendOrder() (resume func()) { return c.stats.suspendOrder() }
