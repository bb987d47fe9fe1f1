package watch

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// begin sets watches: it walks the folders among the rules' bases, and watches the
// folders that hold the single files. It calls meet for every file that counts.
func (l *loop) begin(bases []string, meet func(path string)) {
	for _, base := range bases {
		if is(l.fs.Stat, base, fs.ModeDir) {
			l.parents(base)
			l.alive(base)
			l.walk(base, meet)
			continue
		}
		parent := filepath.Dir(base)
		if d, ok := l.tree[parent]; !ok || !d.watched {
			l.starts[parent] = l.watchDir(parent)
			if !l.starts[parent] {
				l.poll.add(parent)
				continue
			}
		}
		if l.rules.Counts(base) && is(l.fs.Stat, base, 0) {
			meet(base)
		}
	}
}

// leads has the file watched behind a symbolic link that counts, if nothing else watches it.
func (l *loop) leads(link string) {
	delete(l.led, link)
	file, err := filepath.EvalSymlinks(link)
	if err != nil || !l.rules.Counts(link) || !is(l.fs.Stat, link, 0) {
		return
	}
	// The kernel names a folder only as it was watched first.
	file = filepath.Join(Namer(l.rules.Roots)(filepath.Dir(file)), filepath.Base(file))
	l.led[link] = file
	if !l.rules.Counts(file) {
		l.watchDir(filepath.Dir(file))
	}
}

// Namer returns a function that returns the watcher's name of a file whose path has no symbolic links: a file below a
// root that is a symbolic link, or is reached by one, has a name below the root's.
func Namer(roots []string) func(file string) string {
	var real []string
	for _, root := range roots {
		real = append(real, regular.Real(root))
	}
	return func(file string) string {
		for i, root := range roots {
			if real[i] != root && rules.Within(file, real[i]) {
				return root + file[len(real[i]):]
			}
		}
		return file
	}
}

// is reports whether look finds something of a type at path; 0: a regular file.
func is(look func(path string) (fs.FileInfo, error), path string, kind fs.FileMode) bool {
	info, err := look(path)
	return err == nil && info.Mode().Type() == kind
}

// parents reads the .gitignore files above base, up to the repository's top, and watches their
// folders for these files only.
func (l *loop) parents(base string) {
	top := regular.Nearest(base, ".git", l.fs.Stat)
	for dir := base; top != "" && dir != top; {
		dir = filepath.Dir(dir)
		l.readGit(dir)
		l.watchDir(dir)
	}
}

// readGit has the rules know what git finds in the folder dir. In a work tree that git worktree add has made, .git is a
// file that leads to a folder in .git/worktrees (gitrepository-layout(5)), and that of a submodule to one in modules.
func (l *loop) readGit(dir string) {
	tree := rules.Inside
	at := strings.TrimSpace(string(readSmall(l.fs, filepath.Join(dir, ".git"))))
	if filepath.Base(filepath.Dir(at)) == "worktrees" {
		tree = rules.Copy
	} else if regular.Nearest(dir, ".git", l.fs.Stat) == dir {
		tree = rules.Top
	}
	l.rules.SetGitignore(dir, readSmall(l.fs, filepath.Join(dir, ".gitignore")), tree)
}

// walk watches root and the folders below it that count, and calls meet for the files.
// Each folder is watched first and listed then. The other order loses what mkdir -p
// makes before the watch is there.
func (l *loop) walk(root string, meet func(path string)) {
	stack := []string{root}
	for len(stack) > 0 && l.ctx.Err() == nil {
		dir := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !l.watchDir(dir) {
			continue
		}
		entries, err := l.fs.ReadDir(dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				l.cfg.OnNotice(Notice{Unreadable, dir, err})
			}
			continue
		}
		for _, e := range entries {
			if e.Name() == ".gitignore" || e.Name() == ".git" {
				l.readGit(dir)
			}
		}
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			switch {
			case e.IsDir():
				if l.rules.Descend(path) {
					stack = append(stack, path)
				}
			case e.Type()&^fs.ModeSymlink == 0 && l.rules.Counts(path) && (e.Type() == 0 || is(l.fs.Stat, path, 0)):
				// a link to a folder, to a device or to nothing is no file, also where a pattern such as link/**
				// matches it
				meet(path)
			}
			if e.Type() == fs.ModeSymlink {
				l.leads(path)
			}
		}
	}
}

// list adds a file that was there before, so that its content is read once.
func (l *loop) list(path string) {
	if _, ok := l.dirty[path]; ok || l.tree.base(path).kind != absent {
		return
	}
	l.tree.set(path, digest{kind: unread})
	l.todo = append(l.todo, path)
}

// suspect marks a file as dirty of which events may be lost.
func (l *loop) suspect(path string) {
	if l.tree.base(path).kind != unread { // else a baseline reader is on its way, see baseline.go
		l.dirty[path] = time.Now()
	}
}

func (l *loop) found(path string) {
	if alive, ok := l.starts[path]; ok && !alive {
		delete(l.poll.dirs, path)
		l.alive(path)
	}
	if l.rules.Descend(path) {
		l.walk(path, l.mark)
	}
}

// drop removes the watches of a folder that was removed or renamed, and of all below it: the watches of a renamed
// folder would go on reporting the old name. Its files are dirty.
func (l *loop) drop(path string) {
	maps.DeleteFunc(l.led, func(link, _ string) bool { return rules.Within(link, path) })
	for _, dir := range slices.Backward(l.tree.below(path)) {
		d := l.tree[dir]
		l.unwatch(dir)
		l.rules.SetGitignore(dir, nil, rules.Inside)
		d.watched = false
		for name := range d.files {
			l.mark(filepath.Join(dir, name))
		}
		l.tree.prune(dir)
	}
}

// alive notes that a folder where walking begins is there, and has the one above it report its removal.
func (l *loop) alive(base string) {
	l.starts[base] = true
	if silentRemoval && !l.limited {
		_ = l.src.Add(filepath.Dir(base)) // nothing else in there counts, so a folder that cannot be read is no news
	}
}

// reread applies a .gitignore, or that a work tree begins or ends there. Files that are ignored now are not called
// removed, and files that are not any more are not called created unless they changed in the same storm.
func (l *loop) reread(path string) {
	dir := filepath.Dir(path)
	if _, known := l.tree[dir]; !known {
		return
	}
	if filepath.Base(path) == ".git" && l.rules.IsCopy(dir) {
		return // it is being removed, and its files go next
	}
	l.readGit(dir)
	since := cmp.Or(l.debounce.first, time.Now())
	for start, alive := range l.starts {
		if rules.Within(dir, start) {
			start = dir
		} else if !rules.Within(start, dir) {
			continue
		}
		if d, ok := l.tree[start]; alive && ok && d.watched && l.rules.Descend(start) {
			l.refilter(start)
			l.walk(start, l.list)
		}
	}
	if len(l.todo) > 0 {
		l.readBaseline(since)
	}
}

// refilter drops the files and folders at and below start that are ignored by now.
func (l *loop) refilter(start string) {
	for _, dir := range slices.Backward(l.tree.below(start)) {
		d := l.tree[dir]
		for name := range d.files {
			if path := filepath.Join(dir, name); !l.rules.Counts(path) {
				delete(d.files, name)
				delete(l.dirty, path)
				delete(l.pending.was, path)
				l.pending.complete = l.pending.complete && len(l.pending.was) > 0
			}
		}
		if !l.rules.Descend(dir) {
			l.unwatch(dir)
			d.watched = false
			l.tree.prune(dir)
		}
	}
}
