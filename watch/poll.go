package watch

import (
	"context"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	pollEvery = 500 * time.Millisecond // at folders whose changes the kernel does not tell
	// pollShare bounds polling to 1/(1+pollShare) of the time.
	pollShare = 9
)

// poller finds hints about folders that the kernel cannot watch. The loop owns it, and gives
// each round to a goroutine.
type poller struct {
	fs      files                    // constant
	dirs    map[string]*pollSnapshot // by path
	timer   *time.Timer              // a round is due; stopped without folders and during a round
	polling bool                     // a round is under way
	rounds  chan pollRound           // constant; the goroutine of a round sends it
}

type pollRound struct {
	dirs map[string]*pollSnapshot
	took time.Duration
}

// pollSnapshot is a folder as last seen; nil files: it was not there.
type pollSnapshot struct {
	at    time.Time // when the look began
	files map[string]pollStamp
}

type pollStamp struct {
	size  int64
	mtime time.Time
	mode  fs.FileMode // type bits only
}

func newPoller(fsys files) *poller {
	p := &poller{fs: fsys, dirs: make(map[string]*pollSnapshot), timer: time.NewTimer(time.Hour),
		rounds: make(chan pollRound)}
	p.timer.Stop()
	return p
}

// add begins to poll dir, which need not exist: when it appears, that is a hint.
func (p *poller) add(dir string) {
	if len(p.dirs) == 0 && !p.polling {
		p.timer.Reset(pollEvery)
	}
	if _, ok := p.dirs[dir]; !ok {
		p.dirs[dir] = p.snapshot(dir)
	}
}

func (p *poller) remove(dir string) { delete(p.dirs, dir) }

func (p *poller) begin(ctx context.Context) {
	p.polling = true
	go p.round(ctx, slices.Collect(maps.Keys(p.dirs)))
}

// round looks at folders. It blocks as long as one of them does not answer.
func (p *poller) round(ctx context.Context, dirs []string) {
	start, r := time.Now(), pollRound{dirs: make(map[string]*pollSnapshot, len(dirs))}
	for _, dir := range dirs {
		if ctx.Err() != nil {
			return
		}
		r.dirs[dir] = p.snapshot(dir)
	}
	r.took = time.Since(start)
	select {
	case p.rounds <- r:
	case <-ctx.Done():
	}
}

// compare ends a round and returns the differences that it has found.
func (p *poller) compare(r pollRound) (events []fsnotify.Event) {
	p.polling = false
	for dir, now := range r.dirs {
		if was, ok := p.dirs[dir]; ok && was.at.Before(now.at) { // else removed meanwhile, or added again
			events = was.diff(events, dir, now)
			p.dirs[dir] = now
		}
	}
	if len(p.dirs) > 0 {
		p.timer.Reset(max(pollEvery, pollShare*r.took))
	}
	return events
}

func (p *poller) snapshot(dir string) *pollSnapshot {
	s := &pollSnapshot{at: time.Now()}
	entries, err := p.fs.ReadDir(dir)
	if err != nil {
		return s
	}
	s.files = make(map[string]pollStamp, len(entries))
	for _, e := range entries {
		info, err := p.fs.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		stamp := pollStamp{mode: info.Mode().Type()}
		if !info.IsDir() {
			stamp.size, stamp.mtime = info.Size(), info.ModTime()
		}
		s.files[e.Name()] = stamp
	}
	return s
}

// diff appends the hints that lead from was to now. A file that was written just before
// the last look may have been written again with the same stamp, so it is named again.
func (was *pollSnapshot) diff(events []fsnotify.Event, dir string, now *pollSnapshot) []fsnotify.Event {
	switch {
	case was.files == nil && now.files == nil:
		return events
	case was.files == nil:
		return append(events, fsnotify.Event{Name: dir, Op: fsnotify.Create})
	case now.files == nil:
		return append(events, fsnotify.Event{Name: dir, Op: fsnotify.Remove})
	}
	for name, old := range was.files {
		cur, ok := now.files[name]
		switch path := filepath.Join(dir, name); {
		case !ok:
			events = append(events, fsnotify.Event{Name: path, Op: fsnotify.Remove})
		case cur.mode != old.mode:
			events = append(events, fsnotify.Event{Name: path, Op: fsnotify.Create})
		case !cur.mode.IsDir() && (cur != old || !cur.mtime.Before(was.at.Add(-wait.ClockLag))):
			events = append(events, fsnotify.Event{Name: path, Op: fsnotify.Write})
		}
	}
	for name := range now.files {
		if _, ok := was.files[name]; !ok {
			events = append(events, fsnotify.Event{Name: filepath.Join(dir, name), Op: fsnotify.Create})
		}
	}
	return events
}
