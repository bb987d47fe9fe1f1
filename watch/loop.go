package watch

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// loop is the state of Run. Only its goroutine uses it.
type loop struct {
	*Watcher
	fs  files
	ctx context.Context // of Run; constant

	src     source // the kernel's; nil: everything is polled
	poll    *poller
	limited bool            // the kernel refused a folder: new ones are polled
	remote  map[string]bool // kinds of file systems that a notice was about

	tree     tree
	starts   map[string]bool      // folders where walking begins; false: gone, being looked for
	led      map[string]string    // symbolic links below bases → where they lead
	dirty    map[string]time.Time // paths with an event since they were last compared → when the last one came
	debounce debounce
	late     bool // the batch in the making waits for the folder of a build, or for a compiler, beyond MaxWait
	pending  pending
	syncs    map[string]chan struct{} // by temporary folder; closed at its first event
	timer    *time.Timer              // runs only while something is dirty

	reader *reader
	todo   []string       // listed, not yet given to a baseline reader
	jobs   sync.WaitGroup // the baseline readers
}

func newLoop(ctx context.Context, w *Watcher) *loop {
	l := &loop{
		Watcher: w, fs: w.cfg.files, ctx: ctx, tree: tree{}, starts: make(map[string]bool),
		led: make(map[string]string), remote: make(map[string]bool),
		dirty: make(map[string]time.Time), debounce: w.cfg.debounce(),
		pending: pending{was: make(map[string]digest)}, timer: time.NewTimer(time.Hour),
		poll:   &poller{fs: w.cfg.files, dirs: make(map[string]*pollSnapshot), timer: time.NewTimer(time.Hour)},
		reader: newReader(w.cfg.files), syncs: make(map[string]chan struct{}),
	}
	l.timer.Stop()
	l.poll.timer.Stop()
	return l
}

// close waits for the loop's goroutines. The context has ended.
func (l *loop) close() {
	l.jobs.Wait()
	if l.src != nil {
		l.src.Close() // nothing is lost with it
	}
}

func (l *loop) run() error {
	l.open()
	l.begin(l.rules.Bases(), l.list)
	l.readBaseline(l.cfg.Since)
	for {
		var events <-chan fsnotify.Event
		var errs <-chan error
		if l.src != nil {
			events, errs = l.src.Events(), l.src.Errors()
		}
		var out chan Batch // nil, never ready, unless a batch is ripe
		var next Batch
		if l.pending.complete {
			out, next = l.batches, l.batch()
		}
		select {
		case <-l.ctx.Done():
			return nil
		case ev := <-events: // which end with the errors
			l.event(ev)
		case <-l.poll.timer.C:
			l.beginRound()
		case err, ok := <-errs:
			if !ok {
				return errors.New("watch: the system's event source has ended")
			}
			l.sourceError(err)
		case <-l.timer.C:
			l.quiet()
		case f := <-l.follow:
			l.follows(f)
		case do := <-l.inbox:
			do(l)
		case out <- next:
			l.sent()
		}
	}
}

// event marks what may have changed by a hint.
func (l *loop) event(ev fsnotify.Event) {
	if ev.Op == 0 || ev.Op == fsnotify.Chmod {
		return // neither mode nor time stamps are bytes
	}
	if len(l.syncs) > 0 && l.synced(ev) {
		return
	}
	path := filepath.Clean(ev.Name)
	if name := filepath.Base(path); name == ".gitignore" || name == ".git" {
		l.reread(path)
	}
	_, known := l.tree[path]
	gone := known && ev.Has(fsnotify.Remove|fsnotify.Rename)
	if gone {
		l.drop(path)
	}
	// The path may be a folder again, or still (two folders that swapped their
	// names): the disk counts, not the order of hints.
	if (gone || ev.Has(fsnotify.Create)) && l.isFolder(path) {
		l.found(path)
		return
	}
	if gone && l.starts[path] { // a root is polled then: the folders above it may be gone, too
		l.starts[path] = false
		l.poll.add(path)
	}
	if !ev.Has(fsnotify.Write) {
		delete(l.led, path)
	}
	if ev.Has(fsnotify.Create) && is(l.fs.Lstat, path, fs.ModeSymlink) {
		for link, was := range l.led { // it may lead through this one
			l.leads(link)
			if l.led[link] != was {
				l.mark(link)
			}
		}
		l.leads(path)
	}
	if l.rules.Counts(path) {
		l.mark(path)
	} else {
		for link, file := range l.led { // the file may count only behind links
			if file == path && l.rules.Counts(link) {
				l.mark(link)
			}
		}
	}
}

// isFolder reports whether path is a folder. A link to one counts only as a start.
func (l *loop) isFolder(path string) bool {
	look := l.fs.Lstat
	if _, ok := l.starts[path]; ok {
		look = l.fs.Stat
	}
	return is(look, path, fs.ModeDir)
}

func (l *loop) mark(path string) {
	l.dirty[path] = time.Now()
	l.stir(len(l.dirty))
}

// stir counts an event of one of so many files. It withdraws the pending batch until things
// are quiet again.
func (l *loop) stir(files int) {
	now := time.Now()
	l.debounce.event(now, files)
	l.pending.complete = false
	l.timer.Reset(l.debounce.next().Sub(now))
}

// quiet compares what is dirty if the quiet time is over. The loop calls quiet then, and when the next look at the file
// of a single save is due.
func (l *loop) quiet() {
	now := time.Now()
	if look := l.debounce.inspect(); !look.IsZero() && !now.Before(look) {
		l.debounce.looked, l.debounce.complete = now, l.complete()
	}
	pause := l.debounce.next().Sub(now)
	if pause <= 0 {
		pause = max(l.awaitCompiler(now), l.awaitReturn(now))
	}
	if pause > 0 {
		l.timer.Reset(pause)
		return
	}
	changed := false
	installs := sync.OnceValue(l.cfg.Installs)
	for path, at := range l.dirty {
		if l.ctx.Err() != nil {
			return
		}
		why := l.rules.Reason(path)
		if why.Counts() && (why == rules.Package || strings.Contains(path, "/node_modules/") ||
			filepath.Base(path) == "package.json") && now.Sub(at) < wait.Command && installs() {
			l.timer.Reset(5 * wait.Poll)
			continue // packages are one change, with what their scripts write
		}
		delete(l.dirty, path)
		if !why.Counts() {
			continue // a .gitignore has changed its mind since
		}
		is, _ := l.reader.read(path)
		if is.kind == absent && (why == rules.Loaded || why == rules.Package) {
			continue // a build, or an installation, begins by a removal: what it leaves is compared with what was there
		}
		changed = changed || is != l.tree.base(path)
		l.pending.note(path, l.tree.base(path), is)
		l.tree.set(path, is)
	}
	l.debounce.end(changed)
	l.pending.complete = len(l.pending.was) > 0
	if !l.pending.complete {
		return
	}
	// Run's select would choose at random between the send and an event that withdraws
	// the batch, so under a stream of events MaxWait would be no promise.
	select {
	case l.batches <- l.batch():
		l.sent()
	default:
	}
}

// awaitReturn returns how long the batch waits for files to come back: some editors and agents save by a removal, and a
// process that starts before the file is back fails.
func (l *loop) awaitReturn(now time.Time) (pause time.Duration) {
	for path, at := range l.dirty {
		back := earlier(at.Add(Return), l.debounce.limit()).Sub(now)
		if back > pause && l.tree.base(path).kind != absent && !is(l.fs.Stat, path, 0) {
			pause = back
		}
	}
	return pause
}

// complete reports whether the only dirty file is known to be as its writer has left it.
// An empty file may have been cleared for a writer that is yet to open it. Nothing is known
// of writers on other machines.
func (l *loop) complete() bool {
	for path := range l.dirty {
		return len(l.dirty) == 1 && l.fs.Remote(filepath.Dir(path)) == "" && l.fs.Closed(path)
	}
	return false
}

// sourceError handles an error of the kernel's source. After lost events nothing that it
// reports can be relied on, not even which folder a watch belongs to, so everything is
// set up anew and compared.
func (l *loop) sourceError(err error) {
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		l.cfg.OnNotice(Notice{Unreadable, l.rules.Root, err})
		return
	}
	l.cfg.OnNotice(Notice{Overflowed, "", err})
	l.src.Close()
	l.open()
	for path, d := range l.tree {
		d.watched = false
		for name := range d.files {
			l.suspect(filepath.Join(path, name))
		}
	}
	l.begin(l.rules.Bases(), l.suspect)
	for path := range l.tree {
		l.tree.prune(path)
	}
	for dir := range l.syncs { // whose event may be lost; what came before is dirty
		l.endSync(dir)
	}
	l.stir(max(len(l.dirty), 2))
}

// open opens the kernel's source, or has everything polled.
func (l *loop) open() {
	var err error
	l.src, err = l.cfg.open()
	l.limited = err != nil
	if l.limited {
		l.cfg.OnNotice(Notice{Polling, l.rules.Root, err})
	}
}

// watchDir has dir watched by the kernel, or else polled.
func (l *loop) watchDir(dir string) bool {
	if !l.limited {
		switch err := l.src.Add(dir); {
		case err == nil:
			l.pollRemote(dir)
		case errors.Is(err, fs.ErrNotExist):
			return false // gone again: its parent is watched
		case !errors.As(err, new(*LimitError)):
			l.cfg.OnNotice(Notice{Unreadable, dir, err})
			return false
		default:
			l.limited = true
			l.cfg.OnNotice(Notice{Polling, dir, err})
		}
	}
	if l.limited {
		l.poll.add(dir)
	}
	l.tree.add(dir).watched = true
	return true
}

// pollRemote has dir polled as well if other machines may change it: inotify(7) reports
// only what is done on this one.
func (l *loop) pollRemote(dir string) {
	kind := l.fs.Remote(dir)
	if kind == "" {
		return
	}
	if !l.remote[kind] {
		l.remote[kind] = true
		l.cfg.OnNotice(Notice{Remote, dir, errors.New(kind)})
	}
	l.poll.add(dir)
}

func (l *loop) unwatch(dir string) {
	if l.src != nil {
		l.src.Remove(dir)
	}
	delete(l.poll.dirs, dir)
}
