// Package changes decides which batches of package watch become swaps. It has the watcher follow the files that
// generations have loaded, and drops what the program or its build has written.
package changes

import (
	"context"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// Supervisor is the part of supervisor.Supervisor that the changes go to.
type Supervisor interface {
	Status() report.Status
	Current() report.Status
	Batch(supervisor.Change)
}

// Engine is what Run works with. Adapters and Writes are nil where the mechanism has none.
type Engine struct {
	Supervisor Supervisor
	Adapters   *adapters.Transport // ask processes what they have loaded
	Python     *python.Runtime     // whose processes report by themselves what they read; nil: none do
	Writes     handoff.Writes      // nil: the kernel does not tell what processes write
	// Enter waits until swaps are possible. No upgrade of hotswap begins before the caller calls leave; nil: no swap
	// will be possible again.
	Enter func(context.Context) (leave func())
	// Signal sends a signal to the process of the program that handles it, and returns that
	// process; 0: none does.
	Signal func(syscall.Signal) (pid int)
	// Asked reports whether a client may have come within the last minute.
	Asked func() bool
	// Browser tells browsers to load files anew. It reports false if no page can be connected.
	Browser func(what rule.Browser, files []string) bool
	// MustWait is for [watch.Watcher.AwaitCompiler].
	MustWait func(written time.Time) bool
}

// Changes watches files and hands the batches that count to a supervisor.
type Changes struct {
	Config  // constant
	watcher *watch.Watcher
	filter  *filter
	tracker *tracker
	queries chan func()            // each is called by the forwarder, and does not block
	engine  atomic.Pointer[Engine] // nil: Run was not called yet

	waiting []watch.Change // for the end of an upgrade or a pause, or for rules; the forwarder's
	ready   atomic.Int64   // how many of them there are
}

// New checks the configuration; Run watches. Errors wrap rules.ErrPattern or fs.ErrNotExist when the configuration is
// wrong.
func New(cfg Config) (*Changes, error) {
	c := &Changes{Config: cfg, queries: make(chan func())}
	var err error
	c.watcher, err = c.newWatcher()
	if err != nil {
		return nil, err
	}
	c.filter, c.tracker = newFilter(cfg.Report), newTracker(cfg, c.watcher)
	c.Steps.tracker = c.tracker
	return c, nil
}

// Run watches and passes on batches until ctx ends.
func (c *Changes) Run(ctx context.Context, e Engine) {
	c.tracker.adapters, c.tracker.python = e.Adapters, e.Python
	c.engine.Store(&e)
	c.filter.writes = e.Writes
	c.watcher.AwaitCompiler(e.MustWait)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		if err := c.watcher.Run(ctx); err != nil {
			c.Report.WatchFailed(err)
		}
	})
	all.Go(func() { c.tracker.run(ctx, e.Supervisor) })
	c.forward(ctx, e)
}
