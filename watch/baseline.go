package watch

import (
	"slices"
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
}

const (
	readingChunk = 256                  // readings per message
	readingSpell = time.Millisecond     // of work, and then as long of sleep: half a processor at most
	smallJob     = 8 * time.Millisecond // of work before the pauses begin
)

// readBaseline starts a goroutine that reads the files in todo. Those changed since then
// count as changed.
func (l *loop) readBaseline(since time.Time) {
	paths := l.todo
	l.todo = nil
	l.jobs.Go(func() {
		r := newReader(l.fs)
		spell := time.Now().Add(smallJob - readingSpell)
		for chunk := range slices.Chunk(paths, readingChunk) {
			var rs []reading
			for _, path := range chunk {
				is, changed := r.read(path)
				rs = append(rs, reading{path, is, changed})
				if time.Since(spell) > readingSpell {
					time.Sleep(readingSpell)
					spell = time.Now()
				}
			}
			if !l.post(func(l *loop) { l.learn(rs, since) }) {
				return
			}
		}
		l.post(func(l *loop) {
			if !wait.Closed(l.Ready) {
				close(l.Ready)
			}
		})
	})
}

func (l *loop) learn(rs []reading, since time.Time) {
	for _, r := range rs {
		_, dirty := l.dirty[r.path]
		switch {
		case dirty: // to be compared: unread counts as changed
		case l.tree.base(r.path).kind != unread: // compared, or gone, since
		case r.is.kind == absent, !r.changed.Before(since.Add(-wait.ClockLag)):
			l.mark(r.path)
		default:
			l.tree.set(r.path, r.is)
		}
	}
}
