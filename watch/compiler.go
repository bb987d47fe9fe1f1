package watch

import (
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// AwaitCompiler says that a compiler runs beside, and how to find out whether what was written at a time must wait;
// nil: none runs. A batch with files of a root that is a folder of a build waits as long; if that folder is gone or
// empty, until it has files again. AwaitCompiler comes before Run, which calls holds.
func (w *Watcher) AwaitCompiler(holds func(written time.Time) bool) { w.mustWait = holds }

// awaitCompiler returns how long the batch has to wait for a compiler although its quiet time is over; 0: it has not.
func (l *loop) awaitCompiler(now time.Time) time.Duration {
	if l.mustWait == nil {
		return 0
	}
	for _, root := range l.rules.Roots {
		rel, _ := filepath.Rel(l.rules.Root, root) // of absolute paths it does not fail
		if !rules.OutputDir(rel) {
			continue
		}
		written, dirty := l.dirtyIn(root)
		if !dirty {
			continue
		}
		if entries, _ := l.fs.ReadDir(root); len(entries) == 0 {
			l.late = true
			return wait.Poll
		}
		switch holds := l.mustWait(written); {
		case holds && now.Before(l.debounce.limit()):
			return wait.Poll
		case holds:
			l.late = true
			return 5 * wait.Poll
		case l.late: // MaxWait begins anew
			l.late = false
			l.debounce.restart(now)
			return l.debounce.next().Sub(now)
		}
	}
	return 0
}

// dirtyIn reports whether something may have changed in dir, and when the newest of that which is there was written.
func (l *loop) dirtyIn(dir string) (written time.Time, dirty bool) {
	for path := range l.dirty {
		if rules.Within(path, dir) {
			dirty = true
			if info, err := l.fs.Lstat(path); err == nil && ChangedAt(info).After(written) {
				written = ChangedAt(info)
			}
		}
	}
	return written, dirty
}
