package watch

import (
	"context"
	"errors"
)

// Pending returns how many files may differ from what the receiver of the batches knows, as far as the
// watcher has noticed; at least 1 while Run reads the files for the first time. It waits until Run has set
// all watches, at most until ctx ends. Nothing is pending when nothing is watched any more.
func (w *Watcher) Pending(ctx context.Context) (int, error) {
	files := make(chan int, 1)
	switch err := w.query(ctx, func(l *loop) { files <- l.unsent() }); {
	case errors.Is(err, ErrEnded):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return <-files, nil
}

func (l *loop) unsent() int {
	files := len(l.dirty)
	for path := range l.pending.was {
		if _, ok := l.dirty[path]; !ok {
			files++
		}
	}
	select {
	case <-l.ready:
		return files
	default:
		return max(files, 1)
	}
}
