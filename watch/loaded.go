package watch

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Loaded is what the program has loaded, as far as the caller knows.
type Loaded struct {
	Files   []string  // absolute; they count wherever they are, unless --ignore names them
	Folders []string  // of packages outside the roots that hold some of Files: other sources in them count too
	Since   time.Time // what has changed since then, and was not watched before, counts as changed
}

// Follow has the watcher watch these as well, instead of those of the last call. Only
// one goroutine may call it, at any time. No change of what was watched before is missed.
func (w *Watcher) Follow(l Loaded) {
	select {
	case <-w.follow: // outdated
	default:
	}
	w.follow <- l
}

func (l *loop) follows(f Loaded) {
	before := l.rules.Bases()
	l.rules.SetLoaded(f.Folders, f.Files)
	after := l.rules.Bases()
	for _, base := range before {
		if _, still := slices.BinarySearch(after, base); !still {
			l.forget(base)
		}
	}
	fresh := slices.DeleteFunc(after, func(base string) bool {
		_, was := slices.BinarySearch(before, base)
		return was
	})
	l.begin(fresh, l.list)
	if len(l.todo) > 0 {
		l.readBaseline(f.Since)
	}
}

// forget drops a base, and its folders unless another base has them.
func (l *loop) forget(base string) {
	dir := base
	if _, ok := l.tree[base]; !ok {
		dir = filepath.Dir(base)
	}
	l.refilter(dir)
	alive, start := l.starts[dir]
	sought := func(base string) bool { return rules.Within(base, dir) }
	if !l.rules.Descend(dir) || start && !alive && !slices.ContainsFunc(l.rules.Bases(), sought) {
		delete(l.starts, dir)
		delete(l.poll.dirs, dir) // it may be gone, and looked for
	}
}
