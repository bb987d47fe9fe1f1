package changes

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Explanation says what is known of the next change of a file before rules decide about it.
type Explanation struct {
	watch.Explanation
	// Unwanted is why a change that is noticed would be ignored now; "": it would not. For
	// ByProgram and ByBuild only a change by that process would be.
	Unwanted Reason
}

// Root returns the folder to which relative paths are relative.
func (c *Changes) Root() string { return c.current.Load().cfg.Root }

// List returns what is watched, and the configuration that says so.
func (c *Changes) List(ctx context.Context) (list watch.Listing, cfg Config, err error) {
	cfg, err = c.ask(func(w *watch.Watcher) (err error) {
		list, err = w.List(ctx)
		return err
	})
	return list, cfg, err
}

// Explain returns what a change of the file at path, which is absolute, would be taken for, and
// the configuration that says so.
func (c *Changes) Explain(ctx context.Context, path string) (e Explanation, cfg Config, err error) {
	cfg, err = c.ask(func(w *watch.Watcher) (err error) {
		e.Explanation, err = w.Explain(ctx, path)
		return err
	})
	if err != nil || !e.Counts() || !c.running.Load() {
		return e, cfg, err
	}
	answered := make(chan struct{})
	query := func(st report.Status) {
		defer close(answered)
		e.Unwanted = c.filter.said[path]
		change := watch.Change{Path: path, Op: watch.Written, Loaded: e.Reason == rules.Loaded, Named: e.Chosen}
		if c.tracker.unread(phaseOf(st), []watch.Change{change}) {
			e.Unwanted = NotLoaded
		}
	}
	select {
	case c.queries <- query:
		<-answered
	case <-ctx.Done(): // the forwarder waits for an upgrade
		return e, cfg, ctx.Err()
	}
	return e, cfg, nil
}

// ask asks the newest watcher.
func (c *Changes) ask(question func(*watch.Watcher) error) (Config, error) {
	for {
		x := c.current.Load()
		if err := question(x.Watcher); !errors.Is(err, watch.ErrEnded) || c.current.Load() == x {
			return x.cfg, err
		}
	}
}
