package changes

import (
	"context"

	"github.com/hotswap-dev/hotswap/watch"
)

// Explanation says what is known of the next change of a file before rules decide about it.
type Explanation struct {
	watch.Explanation
	Unread  bool   // no process of the program has loaded the file, so a change does nothing
	Ignored string // why the last change has started nothing, if it is newer than the newest generation; "": it has
	Paused  bool   // changes that count wait for the end of a pause
}

// Explain returns what hotswap would make of a change of the file by a person. path is absolute.
func (c *Changes) Explain(ctx context.Context, path string) (e Explanation, err error) {
	e.Explanation, err = c.watcher.Explain(ctx, path)
	if engine := c.engine.Load(); err == nil && e.Counts() && engine != nil {
		st := engine.Supervisor.Current()
		change := watch.Change{Path: path, Rel: watch.Relative(c.Root, path), Written: true, Why: e.Reason,
			Named: e.Chosen}
		for _, i := range c.filter.since(st) {
			if i.File == change.Rel {
				e.Ignored = i.Reason
			}
		}
		e.Paused, e.Unread = st.Paused != nil, c.tracker.drops(ctx, lifeOf(st), []watch.Change{change})
	}
	return e, err
}
