package watch

import (
	"path/filepath"
	"strings"
	"time"
)

const (
	// lockLook is how often a waiting batch looks for git's lock. Watching .git would
	// raise events for every git command of every prompt.
	lockLook = 25 * time.Millisecond
	// longestLock is how long a batch waits for git's lock, in all.
	longestLock = 30 * time.Second
	// sequenceQuiet is the quiet time during a rebase, in which git takes and removes
	// the lock for each commit.
	sequenceQuiet = 500 * time.Millisecond
)

// repo is the git repository that holds a root. Constant after findRepo.
type repo struct {
	top    string // the work tree
	gitDir string // where this work tree's index is
	info   string // the folder of the exclude file, shared by all work trees
}

// findRepo looks for the repository from dir upwards.
func findRepo(fsys files, dir string) (repo, bool) {
	for {
		git := filepath.Join(dir, ".git")
		if info, err := fsys.Stat(git); err == nil {
			r := repo{top: dir, gitDir: git}
			if !info.IsDir() {
				// A linked work tree or a submodule: gitrepository-layout(5).
				r.gitDir = pointer(fsys, git, dir, "gitdir: ")
			}
			common := pointer(fsys, filepath.Join(r.gitDir, "commondir"), r.gitDir, "")
			if common == "" {
				common = r.gitDir
			}
			r.info = filepath.Join(common, "info")
			return r, r.gitDir != ""
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return repo{}, false
		}
		dir = parent
	}
}

// pointer reads the path, relative to dir, that a file holds after prefix; "": none.
func pointer(fsys files, file, dir, prefix string) string {
	line, ok := strings.CutPrefix(strings.TrimSpace(string(readSmall(fsys, file))), prefix)
	if !ok || line == "" {
		return ""
	}
	if filepath.IsAbs(line) {
		return filepath.Clean(line)
	}
	return filepath.Join(dir, line)
}

// lock is one life of an index.lock.
type lock struct {
	path string
	at   time.Time // its modification time
}

// locked reports whether git is at work on the index.
func (r repo) locked(fsys files) (lock, bool) {
	path := filepath.Join(r.gitDir, "index.lock")
	info, err := fsys.Lstat(path)
	if err != nil {
		return lock{}, false
	}
	return lock{path, info.ModTime()}, true
}

// sequencing reports whether a rebase or a series of picks is under way. One that has
// stopped for the user lasts for hours, so it only makes the quiet time longer.
func (r repo) sequencing(fsys files) bool {
	for _, name := range [...]string{"rebase-merge", "rebase-apply", "sequencer"} {
		if _, err := fsys.Lstat(filepath.Join(r.gitDir, name)); err == nil {
			return true
		}
	}
	return false
}

// lockWait is what a batch knows about git's lock.
type lockWait struct {
	since time.Time     // when this batch first met the lock; zero: it has not
	held  bool          // the lock was there at the last look
	stale map[lock]bool // locks that outlived a batch's patience: not waited for again
}

// reset is called at the end of a batch. Stale locks stay stale.
func (w *lockWait) reset() { w.since, w.held = time.Time{}, false }

// extend returns how long the batch has to wait although its quiet time is over; 0: it
// has not.
func (l *loop) extend(now time.Time) time.Duration {
	if len(l.dirty) == 0 {
		return 0
	}
	if pause := l.awaitInstaller(now); pause > 0 {
		return pause
	}
	if pause := l.awaitCompiler(now); pause > 0 {
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
		if now.Sub(l.wait.since) < longestLock {
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
		// The lock was removed between two looks, and events may still be in the
		// kernel's queue: one more quiet time.
		l.wait.held = false
		l.debounce.restart(now)
		return l.debounce.long
	}
	if sequencing {
		if pause := l.debounce.last.Add(sequenceQuiet).Sub(now); pause > 0 && now.Before(l.debounce.limit()) {
			return min(pause, l.debounce.limit().Sub(now))
		}
	}
	if now.Before(l.debounce.limit()) && l.programMissing() {
		return min(l.debounce.long, l.debounce.limit().Sub(now))
	}
	return 0
}

// programMissing reports whether the program's own file is gone. A build removes it first
// and writes it last.
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
