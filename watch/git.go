package watch

import (
	"path/filepath"
	"strings"
	"time"
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

// pointer reads a path, relative to dir, that a file holds after prefix; ""
// when it does not.
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

// locked tells whether git is at work on the index.
func (r repo) locked(fsys files) (lock, bool) {
	path := filepath.Join(r.gitDir, "index.lock")
	info, err := fsys.Lstat(path)
	if err != nil {
		return lock{}, false
	}
	return lock{path, info.ModTime()}, true
}

// sequencing tells whether a rebase or a series of picks is under way. It may
// be so for hours, when it stopped for the user to edit: no reason to wait,
// but one to ask for a longer quiet.
func (r repo) sequencing(fsys files) bool {
	for _, name := range [...]string{"rebase-merge", "rebase-apply", "sequencer"} {
		if _, err := fsys.Lstat(filepath.Join(r.gitDir, name)); err == nil {
			return true
		}
	}
	return false
}
