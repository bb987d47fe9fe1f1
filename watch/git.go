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
	// longestLock is how long a batch waits for locks of git, and how old the first may be.
	longestLock = 30 * time.Second
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

func (r repo) lock() string { return filepath.Join(r.gitDir, "index.lock") }

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
	return l.awaitCompiler(now)
}

// awaitGit returns how long the batch has to wait for git's lock; 0: it has not. A lock that was old
// when the batch met it is one that a git which was killed has left.
func (l *loop) awaitGit(now time.Time) time.Duration {
	for _, r := range l.repos {
		info, err := l.fs.Lstat(r.lock())
		switch {
		case err != nil, l.locked.IsZero() && now.Sub(info.ModTime()).Abs() >= longestLock: // another clock may have stamped it
			continue
		case l.locked.IsZero():
			l.locked = now
		}
		if now.Sub(l.locked) < longestLock {
			return lockLook
		}
		if l.held {
			l.cfg.OnNotice(Notice{Kind: LockStale, Path: r.lock()})
		}
	}
	return 0
}
