package watch

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
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

// Explain returns why a change of the file at path, which is absolute, counts or does not. It
// waits until Run has set all watches.
func (w *Watcher) Explain(ctx context.Context, path string) (Explanation, error) {
	var e Explanation
	if err := w.query(ctx, func(l *loop) {
		e.Explanation = l.rules.Explain(path)
		// a folder that is not there is noticed when it is made
		d, ok := l.tree[regular.Nearest(filepath.Dir(path), "", l.fs.Stat)]
		_, polled := l.poll.dirs[filepath.Dir(path)] // it is looked for
		e.Reached = polled || ok && d.watched
	}); err != nil {
		return Explanation{}, err
	}
	return e, nil
}

// query has the loop call f, which must not block, and waits for that.
func (w *Watcher) query(ctx context.Context, f func(*loop)) error {
	answered := make(chan struct{})
	select {
	case w.inbox <- func(l *loop) { f(l); close(answered) }:
		return wait.On(ctx, answered) // f is called in any case
	case <-w.done:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
