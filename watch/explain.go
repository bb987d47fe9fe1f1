package watch

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// ErrEnded is returned by the methods that ask a watcher that does not run any more.
var ErrEnded = errors.New("nothing is watched any more")

// Explanation says whether a change of a file is noticed, and why.
type Explanation struct {
	rules.Explanation
	// Reached: the folder of the file is watched. A folder that is reached by a symbolic link
	// only is not.
	Reached bool
}

// Listing is what is watched.
type Listing struct {
	Folders int        // that are watched
	Polled  int        // folders that are looked at every half second
	Files   FolderList // the files that count

	Extensions []string // that count, sorted; with Any, all do
	Any        bool
	Asked      bool // the user has said which
}

// FolderList holds the names of files by folder, sorted by folder.
type FolderList []FolderFiles

// FolderFiles are the names of files in one folder.
type FolderFiles struct {
	Dir   string // absolute
	Names []string
}

// Count returns how many files there are.
func (l FolderList) Count() (n int) {
	for _, d := range l {
		n += len(d.Names)
	}
	return n
}

// All returns the paths of all files, sorted by folder and then by name.
func (l FolderList) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, d := range l {
			slices.Sort(d.Names)
			for _, name := range d.Names {
				if !yield(filepath.Join(d.Dir, name)) {
					return
				}
			}
		}
	}
}

// Explain returns why a change of the file at path, which is absolute, counts or does not. It
// waits until Run has set all watches.
func (w *Watcher) Explain(ctx context.Context, path string) (e Explanation, err error) {
	err = w.query(ctx, func(l *loop) {
		e.Explanation = l.rules.Explain(path)
		dir := filepath.Dir(path)
		for dir != filepath.Dir(dir) { // a folder that is not there is noticed when it is made
			if _, err := l.fs.Stat(dir); err == nil {
				break
			}
			dir = filepath.Dir(dir)
		}
		d, ok := l.tree.dirs[dir]
		e.Reached = ok && d.watched
	})
	return e, err
}

// List returns what is watched. It waits until Run has set all watches.
func (w *Watcher) List(ctx context.Context) (all Listing, err error) {
	err = w.query(ctx, func(l *loop) {
		all.Extensions, all.Any, all.Asked = l.rules.Extensions()
		if l.poll != nil {
			all.Polled = l.poll.count()
		}
		for path, d := range l.tree.dirs { // only the names, because the loop waits
			if d.watched {
				all.Folders++
			}
			if len(d.files) == 0 {
				continue
			}
			names := make([]string, 0, len(d.files))
			for name := range d.files {
				names = append(names, name)
			}
			all.Files = append(all.Files, FolderFiles{path, names})
		}
	})
	slices.SortFunc(all.Files, func(a, b FolderFiles) int { return strings.Compare(a.Dir, b.Dir) })
	return all, err
}

// query has the loop call f, which must not block, and waits for that.
func (w *Watcher) query(ctx context.Context, f func(*loop)) error {
	answered := make(chan struct{})
	select {
	case w.queries <- func(l *loop) { f(l); close(answered) }:
		<-answered
		return nil
	case <-w.done:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
