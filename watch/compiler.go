package watch

import (
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// worksLook is how often a waiting batch asks whether a compiler still works.
const worksLook = 20 * time.Millisecond

// AwaitCompiler says that a compiler runs beside, and how to find out whether it may still write; nil: none
// runs. A batch with files of a root that is a folder of a build waits for it, until MaxWait at most; if that
// folder is gone or empty, until it has files again. AwaitCompiler comes before Run, which calls works.
func (w *Watcher) AwaitCompiler(works func() bool) { w.works = works }

// awaitCompiler returns how long the batch has to wait for a compiler; 0: it has not.
func (l *loop) awaitCompiler(now time.Time) time.Duration {
	if l.works == nil {
		return 0
	}
	for _, root := range l.cfg.Roots {
		rel, err := filepath.Rel(l.rules.Root(), root)
		if err != nil || !rules.OutputDir(rel) || !l.dirtyIn(root) {
			continue
		}
		if entries, _ := l.fs.ReadDir(root); len(entries) == 0 {
			l.rootGone = true
			return worksLook
		}
		if l.rootGone { // MaxWait begins anew
			l.rootGone = false
			l.debounce.restart(now)
			return l.debounce.next().Sub(now)
		}
		if now.Before(l.debounce.limit()) && l.works() {
			return worksLook
		}
	}
	return 0
}

// dirtyIn reports whether something may have changed in dir.
func (l *loop) dirtyIn(dir string) bool {
	for path := range l.dirty {
		if rules.Within(path, dir) {
			return true
		}
	}
	return false
}
