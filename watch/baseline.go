package watch

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A reading is a file as it was before any event: what later digests are compared with.
//
// # The race
//
// The program starts when Run does and reads a file at some time t. Run lists the file
// (unread) and reads it at a later time h. A save at m between t and h is in that digest
// already, so compared with it nothing would ever have changed. Two checks find such a
// save.
//
// The file's own clock: changed, looked up after the bytes, is not before m, so not
// before Since, which is not after t. Such a file is marked dirty and stays unread, and
// unread is equal to nothing. A save after the look raises an event, because the watch
// was set before the folder was listed. The clocks differ by up to a kernel tick
// (wait.ClockLag), so a file saved within 20 ms before Since counts too: a swap too many is
// better than one too few.
//
// The event, for a folder that takes another's place, whose files keep their change times:
// a path that is dirty when its reading arrives stays unread, too. An event still in the
// queue at that moment is missed (doc.go).
//
// A reading that arrives after the path was compared is dropped: the comparison has
// recorded its own digest, which is as new or newer.
type reading struct {
	path    string
	is      digest
	changed time.Time
	since   time.Time // of the job
}

const (
	readingChunk = 256                  // readings per message
	readingSpell = time.Millisecond     // of work, and then as long of sleep: half a processor at most
	smallJob     = 8 * time.Millisecond // of work before the pauses begin
)

// readBaseline starts a goroutine that reads the files in todo. Those changed since then
// count as changed.
func (l *loop) readBaseline(ctx context.Context, since time.Time) {
	paths := l.todo
	l.todo = nil
	l.jobs.Go(func() {
		r := newReader(l.fs)
		chunk := make([]reading, 0, readingChunk)
		send := func() bool {
			select {
			case l.readings <- chunk:
				chunk = make([]reading, 0, readingChunk)
				return true
			case <-ctx.Done():
				return false
			}
		}
		begun := time.Now()
		spell := begun.Add(smallJob - readingSpell)
		for _, path := range paths {
			is, changed := r.read(path)
			chunk = append(chunk, reading{path, is, changed, since})
			if len(chunk) == readingChunk && !send() {
				return
			}
			if time.Since(spell) > readingSpell {
				time.Sleep(readingSpell)
				spell = time.Now()
			}
		}
		if len(chunk) > 0 && !send() {
			return
		}
		send() // an empty one: the end
	})
}

func (l *loop) learn(rs []reading) {
	if len(rs) == 0 {
		select {
		case <-l.ready:
		default:
			close(l.ready)
		}
	}
	for _, r := range rs {
		if l.tree.base(r.path).kind != unread {
			continue // compared, or gone, since
		}
		if _, ok := l.dirty[r.path]; ok {
			continue // to be compared: unread counts as changed
		}
		if r.is.kind == absent || !r.changed.Before(r.since.Add(-wait.ClockLag)) {
			l.mark(r.path)
			continue
		}
		l.tree.set(r.path, r.is)
	}
}
