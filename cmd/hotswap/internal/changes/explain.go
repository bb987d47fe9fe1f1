package changes

import (
	"context"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Explanation says what is known of the next change of a file before rules decide about it.
type Explanation struct {
	watch.Explanation
	Unread bool // no process of the program has loaded the file, so a change does nothing
	Paused bool // changes that count wait for the end of a pause
}

// Config returns the configuration.
func (c *Changes) Config() Config { return c.cfg }

// Explain returns what hotswap would make of a change of the file. path is absolute.
func (c *Changes) Explain(ctx context.Context, path string) (e Explanation, err error) {
	e.Explanation, err = c.watcher.Explain(ctx, path)
	if err != nil || !e.Counts() || !c.running.Load() {
		return e, err
	}
	answered := make(chan struct{})
	query := func(st report.Status) {
		defer close(answered)
		e.Paused = st.Paused != nil
		change := watch.Change{Path: path, Op: watch.Written, Loaded: e.Reason == rules.Loaded, Named: e.Chosen}
		e.Unread = c.tracker.drops(context.WithoutCancel(ctx), phaseOf(st), []watch.Change{change})
	}
	select {
	case c.queries <- query:
		<-answered
	case <-ctx.Done(): // the forwarder waits for an upgrade
		return e, ctx.Err()
	}
	return e, nil
}
