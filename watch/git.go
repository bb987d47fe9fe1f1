package watch

import (
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// lockLook is how often a waiting batch looks for git's lock. Watching .git would
	// raise events for every git command of every prompt.
	lockLook = 25 * time.Millisecond
	// longestLock is how old git's lock may be for a batch to wait for it.
	longestLock = 30 * time.Second
	// sequenceQuiet is the quiet time during a rebase, in which git takes and removes
	// the lock for each commit.
	sequenceQuiet = 500 * time.Millisecond
)

// repo is the git repository that holds a root. Constant after findRepo.
type repo struct {
	top    string // the work tree
	gitDir string // where this work tree's index is
}

// findRepo looks for the repository from dir upwards.
func findRepo(fsys files, dir string) (repo, bool) {
	for {
		git := filepath.Join(dir, ".git")
		if info, err := fsys.Stat(git); err == nil {
			r := repo{top: dir, gitDir: git}
			if !info.IsDir() {
				// A linked work tree or a submodule: gitrepository-layout(5).
				r.gitDir = pointer(fsys, git, dir)
			}
			return r, r.gitDir != ""
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return repo{}, false
		}
		dir = parent
	}
}

// pointer returns the folder, relative to dir, that a file of git's points to; "": none.
func pointer(fsys files, file, dir string) string {
	line, ok := strings.CutPrefix(strings.TrimSpace(string(readSmall(fsys, file))), "gitdir: ")
	switch {
	case !ok:
		return ""
	case filepath.IsAbs(line):
		return filepath.Clean(line)
	}
	return filepath.Join(dir, line)
}

// locked reports whether git is at work on the index, and since when.
func (r repo) locked(fsys files) (since time.Time, locked bool) {
	info, err := fsys.Lstat(r.lock())
	if err != nil {
		return time.Time{}, false
	}
	return info.ModTime(), true
}

func (r repo) lock() string { return filepath.Join(r.gitDir, "index.lock") }

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

// extend returns how long the batch has to wait although its quiet time is over; 0: it
// has not.
func (l *loop) extend(now time.Time) time.Duration {
	if len(l.dirty) == 0 {
		return 0
	}
	for _, await := range [...]func(time.Time) time.Duration{l.awaitInstaller, l.awaitGit} {
		if pause := await(now); pause > 0 {
			l.held = true
			return pause
		}
	}
	if l.held {
		// It has ended between two looks, and events may still be in the kernel's queue: one
		// more quiet time.
		l.held = false
		l.debounce.restart(now)
		return l.debounce.long
	}
	if pause := l.awaitCompiler(now); pause > 0 {
		return pause
	}
	limit := l.debounce.limit()
	switch {
	case !now.Before(limit):
		return 0
	case slices.ContainsFunc(l.repos, func(r repo) bool { return r.sequencing(l.fs) }) && now.Before(l.debounce.last.Add(sequenceQuiet)):
		return earlier(l.debounce.last.Add(sequenceQuiet), limit).Sub(now)
	case l.programMissing():
		return earlier(now.Add(l.debounce.long), limit).Sub(now)
	}
	return 0
}

// awaitGit returns how long the batch has to wait for git's lock; 0: it has not.
func (l *loop) awaitGit(now time.Time) time.Duration {
	for _, r := range l.repos {
		since, locked := r.locked(l.fs)
		switch {
		case locked && now.Sub(since).Abs() < longestLock: // another clock may have stamped it
			l.lock = r.lock()
			return lockLook
		case l.lock == r.lock():
			l.lock = ""
			if locked {
				l.cfg.OnNotice(Notice{Kind: LockStale, Path: r.lock()})
			}
		}
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
