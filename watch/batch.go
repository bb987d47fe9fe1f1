package watch

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

type Change struct {
	Path string // absolute
	Rel  string // relative to the rules' root, for people

	Written bool         // its bytes differ; false: it is new or gone
	Linked  bool         // it was a symbolic link, so the program may have loaded it by another name
	Named   bool         // a path or pattern of the configuration names it, or a folder above it
	Why     rules.Reason // of those for which a file counts
}

// Batch is a set of changes that came together, sorted by Path. The receiver owns it.
type Batch []Change

// pending is the batch in the making: for each changed path, what the receiver knows.
type pending struct {
	was      map[string]digest
	complete bool // the batch may be sent
}

// note records that path is now, while base was the last thing known. A path that is
// again what the receiver knows leaves the batch.
func (p *pending) note(path string, base, now digest) {
	was, ok := p.was[path]
	if !ok {
		was = base
	}
	if was == now {
		delete(p.was, path)
	} else {
		p.was[path] = was
	}
}

func (l *loop) sent() {
	l.pending.was, l.pending.complete = make(map[string]digest), false
}

func (l *loop) batch() Batch {
	b := make(Batch, 0, len(l.pending.was))
	for path, was := range l.pending.was {
		b = append(b, Change{
			Path: path, Rel: Relative(l.rules.Root, path), Named: l.rules.Included(path), Why: l.rules.Reason(path),
			Linked:  was.link || was.kind == unread,
			Written: was.kind != absent && l.tree.base(path).kind != absent,
		})
	}
	slices.SortFunc(b, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return b
}

// Relative returns path as people write it from the folder dir: a package beside the
// program's by its relative path, and in full what lies so far away that this is shorter.
func Relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(rel, "../../") && len(rel) >= len(path) {
		return path
	}
	return rel
}

// Pending returns how many files may differ from what the receiver of the batches knows, as far as the
// watcher has noticed; at least 1 while Run reads the files for the first time. It waits until Run has set
// all watches, at most until ctx ends. Nothing is pending when nothing is watched any more.
func (w *Watcher) Pending(ctx context.Context) (int, error) {
	files := 0
	err := w.query(ctx, func(l *loop) {
		files = len(l.dirty)
		for path := range l.pending.was {
			if _, ok := l.dirty[path]; !ok {
				files++
			}
		}
		if !wait.Closed(l.Ready) {
			files = max(files, 1)
		}
	})
	switch {
	case errors.Is(err, ErrEnded):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return files, nil
}
