// Package changes turns what package watch reports into the batches that are worth
// a swap. It follows the files that generations have loaded, waits for package
// installers, and leaves out what the program or its build has written itself.
package changes

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/watch"
)

// Supervisor is the part of supervisor.Supervisor that the changes go to.
type Supervisor interface {
	Status() supervisor.Status
	Current() supervisor.Status
	Changed() <-chan struct{}
	Batch(supervisor.Change)
	Installing(limit time.Duration, own bool)
}

// Engine is what Run works with. Adapters and Writes are nil where the mechanism has
// none.
type Engine struct {
	Supervisor Supervisor
	Adapters   *node.Transport   // ask processes what they have loaded
	Runtimes   []runtime.Reader  // whose processes report by themselves what they read
	Writes     *intercept.Writes // know which files processes have written
	// Enter waits until swaps are possible, and reports false when no more will be. Until leave is called, no
	// upgrade of hotswap begins.
	Enter func(context.Context) (leave func(), ok bool)
	// Signal sends a signal to the process of the program that handles it, and returns that
	// process; 0: none does.
	Signal func(context.Context, syscall.Signal) (pid int)
	// Browser tells browsers to load files anew. It reports false if no page can be connected.
	Browser func(what rule.Browser, files []string) bool
	// Works reports whether a program that runs beside may still write what the next generation loads; nil:
	// none runs.
	Works func() bool
}

// Changes watches files and hands the batches that count to a supervisor.
type Changes struct {
	report  Reporter
	watcher atomic.Pointer[watch.Watcher] // the newest
	filter  *filter
	tracker *tracker
	steps   atomic.Pointer[Steps]
	hold    *hold
	// installs has what the watcher said last of an installation of packages. Capacity 1.
	installs chan installation

	explains atomic.Pointer[explainer]
	queries  chan func(supervisor.Status) // each is called by the forwarder, and does not block
	running  atomic.Bool                  // the forwarder, or it has been

	// Only the forwarder's goroutine uses these.
	cfg     Config
	runs    *watching
	works   func() bool
	delayed []string // names of files for which a swap comes later
}

// New checks the configuration. Run has to be called before anything is watched.
// Errors wrap rules.ErrPattern or fs.ErrNotExist when the configuration is wrong.
func New(cfg Config) (*Changes, error) {
	installs := make(chan installation, 1)
	w, err := cfg.newWatcher(installs)
	if err != nil {
		return nil, err
	}
	var own []string
	records, _ := record.Home() // "" with an error
	for _, dir := range []string{string(records), cfg.Own} {
		if dir != "" {
			own = append(own, filepath.Clean(dir)+string(filepath.Separator))
		}
	}
	c := &Changes{
		report: cfg.Report, filter: &filter{report: cfg.Report, ruled: cfg.Steps.about, ours: own, named: map[string]bool{}, said: map[string]Reason{}}, tracker: newTracker(cfg, w),
		hold: newHold(cfg.Report), installs: installs, queries: make(chan func(supervisor.Status)), cfg: cfg,
	}
	c.watcher.Store(w)
	c.steps.Store(cfg.Steps)
	c.explains.Store(&explainer{w, cfg})
	return c, nil
}

// Run watches and passes on batches until ctx ends.
func (c *Changes) Run(ctx context.Context, e Engine) {
	c.running.Store(true)
	c.tracker.adapters, c.tracker.runtimes = e.Adapters, e.Runtimes
	c.filter.writes, c.works = e.Writes, e.Works
	var all sync.WaitGroup
	defer all.Wait()
	c.start(ctx, &all)
	all.Go(func() { c.tracker.stir(ctx, e.Supervisor) })
	all.Go(func() { c.tracker.run(ctx, e.Supervisor) })
	c.forward(ctx, e, &all)
}
