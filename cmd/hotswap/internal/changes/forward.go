package changes

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// roots are the paths that are watched instead of root. A pattern is watched besides.
func (c Config) roots() (roots []string) {
	for _, path := range c.Watch {
		if !strings.ContainsAny(path, "*?[{") {
			roots = append(roots, path)
		}
	}
	return roots
}

func newWatcher(cfg Config, root string) (*watch.Watcher, error) {
	// Nothing of the program's source is read before the first boot, or build, which
	// comes after this; what an earlier hotswap has built is older. The watcher allows
	// for the coarseness of the file system's clock (20 ms), and what was saved right
	// before hotswap was started is no change.
	since := time.Now()
	if len(cfg.Builds) > 0 && !cfg.Built.IsZero() {
		since = cfg.Built
	}
	return watch.New(watch.Config{
		Roots: cfg.roots(),
		Since: since.Add(20 * time.Millisecond),
		Rules: rules.Config{Root: root, Command: cfg.Command, Builds: cfg.Builds, Include: cfg.Watch, Ignore: cfg.Ignore, Ext: cfg.Ext},
		Quiet: cfg.Quiet, MaxWait: cfg.MaxWait, Poll: cfg.Poll, OnNotice: cfg.Report.Watched, Installer: installer, Venv: os.Getenv("VIRTUAL_ENV"),
		Announce: cfg.Standby && len(cfg.Builds) == 0, // before a build there is nothing to prepare for
	})
}

// forward passes on, of what the watcher reports, what people changed.
func (c *Changes) forward(ctx context.Context, e Engine) {
	s, w, filter, tracker := e.Supervisor, c.watcher, c.filter, c.tracker
	var again *time.Timer
	var due <-chan time.Time
	for {
		var verdict selfwrite.Verdict
		announced := uint64(0)
		select {
		case <-ctx.Done():
			return
		case b := <-w.Batches():
			announced = b.Announced
			select {
			case <-w.Announcements(): // it has come
			default:
			}
			b.Changes = tracker.sift(ctx, s.Current(), b.Changes)
			verdict = filter.batch(s.Current(), b)
		case number := <-w.Announcements():
			s.Announce(number, w.Quiet())
			filter.announce(number)
			continue
		case r := <-tracker.reports:
			tracker.learn(r)
			verdict = filter.batch(s.Current(), watch.Batch{Changes: tracker.resift(ctx, s.Current())})
		case <-tracker.stirred:
			verdict = filter.batch(s.Current(), watch.Batch{Changes: tracker.resift(ctx, s.Current())})
		case <-due:
			verdict = filter.due(s.Current())
		}
		if again != nil {
			again.Stop()
			due = nil
		}
		if !verdict.Again.IsZero() {
			again = time.NewTimer(time.Until(verdict.Again))
			due = again.C
		}
		if len(verdict.Swap) > 0 {
			if !e.Free(ctx) {
				return // the hotswap that replaces this one compares the files anew
			}
			s.Batch(verdict.Swap, announced)
		}
	}
}
