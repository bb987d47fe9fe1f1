package watch

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	pollEvery = 500 * time.Millisecond
	// pollShare bounds the poller's use of one processor to 1/(1+pollShare).
	pollShare = 9
	// coarse is how far a file's time stamp may lie before the change: the kernel stamps
	// with the time of its last tick, 10 ms ago at CONFIG_HZ=100 (current_time(), fs/inode.c).
	coarse = 20 * time.Millisecond
)

// poller raises hints about folders that the kernel cannot watch.
type poller struct {
	fs     files
	events chan fsnotify.Event
	done   chan struct{} // closed by Close
	ended  chan struct{} // closed when the goroutine has ended

	mu   sync.Mutex               // guards dirs; never held while sending
	dirs map[string]*pollSnapshot // by path
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
	p := &poller{
		fs: fsys, events: make(chan fsnotify.Event),
		done: make(chan struct{}), ended: make(chan struct{}), dirs: make(map[string]*pollSnapshot),
	}
	go p.run()
	return p
}

// add begins to poll dir, which need not exist: when it appears, that is a hint.
func (p *poller) add(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dirs[dir]; !ok {
		p.dirs[dir] = p.look(dir)
	}
}

func (p *poller) remove(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dirs, dir)
}

func (p *poller) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dirs)
}

func (p *poller) close() {
	close(p.done)
	<-p.ended
}

func (p *poller) run() {
	defer close(p.ended)
	timer := time.NewTimer(pollEvery)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-p.done:
			return
		}
		start := time.Now()
		for _, ev := range p.round() {
			select {
			case p.events <- ev:
			case <-p.done:
				return
			}
		}
		timer.Reset(max(pollEvery, pollShare*time.Since(start)))
	}
}

// round looks at every folder once and returns the differences.
func (p *poller) round() []fsnotify.Event {
	p.mu.Lock()
	dirs := slices.Collect(maps.Keys(p.dirs))
	p.mu.Unlock()
	var events []fsnotify.Event
	for _, dir := range dirs {
		now := p.look(dir)
		p.mu.Lock()
		if was, ok := p.dirs[dir]; ok {
			events = was.diff(events, dir, now)
			p.dirs[dir] = now
		}
		p.mu.Unlock()
	}
	return events
}

func (p *poller) look(dir string) *pollSnapshot {
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
		case !cur.mode.IsDir() && (cur != old || !cur.mtime.Before(was.at.Add(-coarse))):
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
