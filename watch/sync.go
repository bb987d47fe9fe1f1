package watch

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Sync waits until the watcher has noticed all changes of files that were made before the call. The kernel tells of
// changes in their order (inotify(7)), so Sync makes a change of its own, in a temporary folder, and waits for that.
// Where files are polled it waits for a whole round, too. It waits until Run has set all watches.
func (w *Watcher) Sync(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "hotswap-sync-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // which raises an event, too
	seen := make(chan struct{})
	if err := w.query(ctx, func(l *loop) {
		if l.watchDir(dir) {
			l.syncs[dir] = seen
		} else {
			close(seen)
		}
	}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "now"), nil, 0o600); err != nil {
		return err
	}
	select {
	case <-seen:
		return nil
	case <-w.done:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// synced reports whether an event is one of [Watcher.Sync], which has all that came before then.
func (l *loop) synced(ev fsnotify.Event) bool {
	for _, dir := range []string{ev.Name, filepath.Dir(ev.Name)} {
		switch {
		case l.syncs[dir] == nil:
			continue
		case ev.Name != dir && !l.limited && len(l.poll.dirs) > 0:
			l.poll.dirs[dir] = &pollSnapshot{at: time.Now()} // the round that begins next finds the folder itself
			if !l.poll.polling {
				l.poll.timer.Reset(0)
			}
		default:
			l.endSync(dir)
		}
		return true
	}
	return false
}

func (l *loop) endSync(dir string) {
	close(l.syncs[dir])
	delete(l.syncs, dir)
	delete(l.tree, dir)
	l.unwatch(dir)
}
