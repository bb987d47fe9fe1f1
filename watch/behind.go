package watch

import (
	"context"
	"runtime"
	"time"
)

// Behind is what a watcher has noticed, and its receiver may not know.
type Behind struct {
	Paths []string  // absolute, in no order: the receiver was not told of them yet
	Since time.Time // what has changed since then may not be noticed yet; zero: everything is
	Seq   int       // the number of the newest batch that was received
}

// Behind returns what the receiver may not know. If the watcher has ended, it knows of nothing more.
func (w *Watcher) Behind() (b Behind) {
	_ = w.query(context.Background(), func(l *loop) { b = l.behind() })
	return b
}

func (l *loop) behind() (b Behind) {
	for path := range l.dirty {
		b.Paths = append(b.Paths, path)
	}
	for path := range l.pending.was {
		if _, ok := l.dirty[path]; !ok {
			b.Paths = append(b.Paths, path)
		}
	}
	select {
	case <-l.ready:
	default:
		b.Since = l.cfg.Since // files are still being read for the first time
	}
	b.Seq = l.seq
	return b
}

// drain takes the events that have come already, so that an answer to a question takes them into account.
func (l *loop) drain(ctx context.Context) {
	if l.src == nil {
		return
	}
	for pauses := 0; pauses < 3; {
		select {
		case ev, ok := <-l.src.Events():
			if !ok {
				return // run finds that out, too
			}
			l.event(ctx, ev)
		default:
			pauses++
			runtime.Gosched() // the source reads the next one
		}
	}
}
