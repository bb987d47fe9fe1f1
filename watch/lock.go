package watch

import "time"

const (
	// lockLook is how often a waiting batch looks for git's lock. Watching
	// .git instead would raise events for every git command of every prompt.
	lockLook = 25 * time.Millisecond
	// sequenceQuiet is the quiet time during a rebase, which takes and leaves
	// the lock for each commit.
	sequenceQuiet = 500 * time.Millisecond
)

// lockWait is what a batch knows about git's lock.
type lockWait struct {
	since time.Time     // when this batch first met the lock; zero: it has not
	held  bool          // the lock was there at the last look
	stale map[lock]bool // locks that outlived a batch's patience: not waited for again
}

// reset is called when a batch has settled; what is stale stays so.
func (w *lockWait) reset() { w.since, w.held = time.Time{}, false }

// holdOn gives the time to wait on although the quiet time is over, 0 if there
// is no reason to.
func (l *loop) holdOn(now time.Time) time.Duration {
	if len(l.dirty) == 0 {
		return 0
	}
	if pause := l.awaitInstaller(now); pause > 0 {
		return pause
	}
	sequencing := false
	for _, r := range l.repos {
		k, locked := r.locked(l.fs)
		if !locked || l.wait.stale[k] {
			sequencing = sequencing || r.sequencing(l.fs)
			continue
		}
		if l.wait.since.IsZero() {
			l.wait.since = now
		}
		if now.Sub(l.wait.since) < l.cfg.LockWait {
			l.wait.held = true
			return lockLook
		}
		if l.wait.stale == nil {
			l.wait.stale = make(map[lock]bool)
		}
		l.wait.stale[k] = true
		l.wait.held = false
		l.cfg.OnNotice(Notice{Kind: LockStale, Path: k.path})
	}
	if l.wait.held {
		// The lock has gone between two looks, and files may still be on their
		// way through the kernel's queue: one more quiet time, counted from now.
		l.wait.held = false
		l.debounce.restart(now)
		return l.cfg.Quiet
	}
	if sequencing {
		if pause := l.debounce.last.Add(sequenceQuiet).Sub(now); pause > 0 && now.Before(l.debounce.limit()) {
			return min(pause, l.debounce.limit().Sub(now))
		}
	}
	if now.Before(l.debounce.limit()) && l.programMissing() {
		return min(l.cfg.Quiet, l.debounce.limit().Sub(now))
	}
	return 0
}

// programMissing tells whether the batch would say that the program's own file
// is gone. A build removes it first and writes it last.
func (l *loop) programMissing() bool {
	for _, path := range l.cfg.Rules.Programs {
		if l.tree.base(path).kind == absent {
			continue
		}
		if _, err := l.fs.Stat(path); err != nil {
			return true
		}
	}
	return false
}
