package watch

import (
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

// add begins to poll dir, which need not exist: when it appears, that is a hint.
func (p *poller) add(dir string) {
	if len(p.dirs) == 0 && !p.polling {
		p.timer.Reset(pollEvery)
	}
	if _, ok := p.dirs[dir]; !ok {
		p.dirs[dir] = p.snapshot(dir)
	}
}

// beginRound has a goroutine look at the folders, which blocks as long as one of them does not answer.
func (l *loop) beginRound() {
	p := l.poll
	p.polling = true
	dirs := slices.Collect(maps.Keys(p.dirs))
	go func() {
		start, seen := time.Now(), make(map[string]*pollSnapshot, len(dirs))
		for _, dir := range dirs {
			if l.ctx.Err() != nil {
				return
			}
			seen[dir] = p.snapshot(dir)
		}
		took := time.Since(start)
		l.post(func(l *loop) {
			for _, ev := range p.compare(seen, took) {
				l.event(ev)
			}
			if len(l.syncs) > 0 { // somebody waits
				p.timer.Reset(0)
			}
		})
	}()
}

// compare ends a round and returns the differences that it has found.
func (p *poller) compare(seen map[string]*pollSnapshot, took time.Duration) (events []fsnotify.Event) {
	p.polling = false
	for dir, now := range seen {
		if was, ok := p.dirs[dir]; ok && was.at.Before(now.at) { // else removed meanwhile, or added again
			events = append(events, was.diff(dir, now)...)
			p.dirs[dir] = now
		}
	}
	if len(p.dirs) > 0 {
		p.timer.Reset(max(pollEvery, pollShare*took))
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

// diff returns the hints that lead from was to now. A file that was written just before
// the last look may have been written again with the same stamp, so it is named again.
func (was *pollSnapshot) diff(dir string, now *pollSnapshot) (events []fsnotify.Event) {
	hint := func(name string, op fsnotify.Op) { // "": about dir itself
		events = append(events, fsnotify.Event{Name: filepath.Join(dir, name), Op: op})
	}
	switch {
	case was.files == nil && now.files == nil:
		return nil
	case was.files == nil:
		hint("", fsnotify.Create)
		return events
	case now.files == nil:
		hint("", fsnotify.Remove)
		return events
	}
	for name, old := range was.files {
		switch cur, ok := now.files[name]; {
		case !ok:
			hint(name, fsnotify.Remove)
		case cur.mode != old.mode:
			hint(name, fsnotify.Create)
		case !cur.mode.IsDir() && (cur != old || !cur.mtime.Before(was.at.Add(-wait.ClockLag))):
			hint(name, fsnotify.Write)
		}
	}
	for name := range now.files {
		if _, ok := was.files[name]; !ok {
			hint(name, fsnotify.Create)
		}
	}
	return events
}
