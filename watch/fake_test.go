package watch

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// disk is a file system made of a map. All methods may be called from anywhere.
type disk struct {
	mu   sync.Mutex // guards what follows
	m    fstest.MapFS
	ops  int                    // calls of files' methods
	gate map[string]chan func() // Open or ReadDir of the path sends what to do next, see hold

	remote map[string]string // folder: the kind of its file system; constant
	leases bool              // Closed knows which files are open; constant
	open   map[string]bool   // files that a process has open for writing
}

func newDisk() *disk {
	d := &disk{m: fstest.MapFS{}, gate: make(map[string]chan func())}
	d.m["r"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755}
	return d
}

func inMap(p string) string {
	p = strings.TrimPrefix(p, "/")
	if p == "" {
		return "."
	}
	return p
}

// put writes a file, stamped now.
func (d *disk) put(p, content string) { d.putAt(p, content, time.Now()) }

func (d *disk) putAt(p, content string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.m[inMap(p)] = &fstest.MapFile{Data: []byte(content), Mode: 0o644, ModTime: at}
}

// remove removes p and all below.
func (d *disk) remove(p string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name := range d.m {
		if name == inMap(p) || strings.HasPrefix(name, inMap(p)+"/") {
			delete(d.m, name)
		}
	}
}

// hold makes the next Open or ReadDir of p wait: the receiver of the channel gets a
// function that lets it go on.
func (d *disk) hold(p string) <-chan func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gate[p] = make(chan func())
	return d.gate[p]
}

func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

func (d *disk) ReadDir(p string) ([]fs.DirEntry, error) {
	d.await(p)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	return d.m.ReadDir(inMap(p))
}

func (d *disk) Lstat(p string) (fs.FileInfo, error) { return d.Stat(p) }

func (d *disk) Stat(p string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	return d.m.Stat(inMap(p))
}

func (d *disk) Closed(p string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	f := d.m[inMap(p)]
	return d.leases && f != nil && len(f.Data) > 0 && !d.open[p]
}

func (d *disk) Remote(dir string) string { return d.remote[dir] }

// await waits if p is held.
func (d *disk) await(p string) {
	d.mu.Lock()
	gate := d.gate[p]
	delete(d.gate, p)
	d.mu.Unlock()
	if gate != nil {
		goOn := make(chan struct{})
		gate <- func() { close(goOn) }
		<-goOn
	}
}

func (d *disk) Open(p string) (fs.File, error) {
	d.await(p)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	return d.m.Open(inMap(p))
}

// fakeSource is a source that the test raises hints with.
type fakeSource struct {
	events chan fsnotify.Event
	errs   chan error
	mu     sync.Mutex // guards what follows
	dirs   map[string]bool
	refuse func(dir string) error
}

func (s *fakeSource) Add(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(dir); err != nil {
			return err
		}
	}
	s.dirs[dir] = true
	return nil
}

func (s *fakeSource) Remove(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.dirs, dir)
}

func (s *fakeSource) watches(dir string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dirs[dir]
}

func (s *fakeSource) Events() <-chan fsnotify.Event { return s.events }
func (s *fakeSource) Errors() <-chan error          { return s.errs }
func (s *fakeSource) Close() error                  { return nil }

// world is a watcher of /r on a fake disk, a fake source and fake time.
type world struct {
	*disk
	*fakeSource
	t       *testing.T
	w       *Watcher
	begun   time.Time // when the test's own part began
	notices []Notice  // written by the loop; read after synctest.Wait only
	holds   func(time.Time) bool
}

// inBubble runs f with a watcher that has read its baseline; before fills the
// disk and may change the configuration.
func inBubble(t *testing.T, before func(x *world, cfg *Config), f func(x *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &world{disk: newDisk(), t: t}
		x.fakeSource = &fakeSource{events: make(chan fsnotify.Event), errs: make(chan error),
			dirs: make(map[string]bool)}
		cfg := Config{
			Rules: rules.Config{Root: "/r", Command: []string{"node"}}, files: x.disk,
			open:     func() (source, error) { return x.fakeSource, nil },
			OnNotice: func(n Notice) { x.notices = append(x.notices, n) },
		}
		if before != nil {
			before(x, &cfg)
		}
		time.Sleep(time.Second) // what was there before is older than Since
		w := testkit.Must(New(cfg))(t)
		x.w = w
		w.AwaitCompiler(x.holds)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		synctest.Wait()
		x.begun = time.Now()
		defer func() { // also when f gives up: a bubble must be empty at its end
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Run: %v", err)
			}
		}()
		f(x)
	})
}

// hint raises one event.
func (x *world) hint(p string, op fsnotify.Op) { x.events <- fsnotify.Event{Name: p, Op: op} }

// save writes a file and raises the event of it.
func (x *world) save(p, content string) {
	x.put(p, content)
	x.hint(p, fsnotify.Write)
}

// made is save of a file that was not there, or is renamed there.
func (x *world) made(p, content string) {
	x.put(p, content)
	x.hint(p, fsnotify.Create)
}

// gone removes a file or a folder and raises the event of it.
func (x *world) gone(p string) {
	x.disk.remove(p)
	x.hint(p, fsnotify.Remove)
}

// batch takes the next batch and gives it with its time since the beginning, which is now from then on.
func (x *world) batch() (Batch, time.Duration) {
	x.t.Helper()
	select {
	case b := <-x.w.Batches():
		took := time.Since(x.begun)
		x.begun = time.Now()
		return b, took
	case <-time.After(time.Hour):
		x.t.Fatal("no batch within an hour")
		return nil, 0
	}
}

// wantBatch takes the next batch: at that time since the beginning, with these
// changes, "written a.ts new/gone b.ts".
func (x *world) wantBatch(at time.Duration, want string) {
	x.t.Helper()
	b, took := x.batch()
	if took != at {
		x.t.Errorf("batch after %v, want %v", took, at)
	}
	if got := describe(b); got != want {
		x.t.Errorf("batch %q, want %q", got, want)
	}
}

// wantNone asserts that nothing comes for an hour.
func (x *world) wantNone() {
	x.t.Helper()
	select {
	case b := <-x.w.Batches():
		x.t.Errorf("unexpected batch %q after %v", describe(b), time.Since(x.begun))
	case <-time.After(time.Hour):
	}
	x.begun = time.Now()
}

// wantNext takes the next batch, whenever it comes.
func (x *world) wantNext(want string) {
	x.t.Helper()
	if b, _ := x.batch(); describe(b) != want {
		x.t.Errorf("batch %q, want %q", describe(b), want)
	}
}

// noticed counts the notices of a kind.
func (x *world) noticed(kind NoticeKind) (n int) {
	synctest.Wait()
	for _, notice := range x.notices {
		if notice.Kind == kind && notice.String() != "" {
			n++
		}
	}
	return n
}

// describe is a batch as one line.
func describe(b Batch) string {
	var parts []string
	for _, c := range b {
		parts = append(parts, map[bool]string{false: "new/gone ", true: "written "}[c.Written]+c.Rel)
	}
	return strings.Join(parts, " ")
}
