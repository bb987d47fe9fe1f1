package writes

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

const (
	ripe     = 5 * time.Millisecond // from a closing of a descriptor until its report, at most
	patience = time.Second          // with a call that is not carried out; then somebody else may have changed the file
	rarely   = 20                   // times the length of a look at descriptors until the next one
	maxFiles = 4000                 // with more, all accounts are forgotten: each may cost two watches, of which the kernel has few
)

// Call is what the program or a build is about to do with a file.
type Call struct {
	Thread int
	By     handoff.Author
	Path   string // as [Real] returns it
	Opens  bool   // for writing; else the call puts or removes the file
}

// Writes has the accounts of the files of a project. Its methods may be called from any goroutine.
type Writes struct {
	dir    string       // the project's folder, without symbolic links; constant
	tree   func() []int // hotswap and the processes below; constant
	began  time.Time    // constant
	builds atomic.Bool  // the calls of builds are wanted, too
	next   time.Time    // when othersHave may look again; the caller's of Author

	mu      sync.Mutex // guards what follows
	reports reports
	files   map[string]*account // by path
	restive map[string]*account // those of files that do not rest
	calls   map[int]call        // the newest of each thread, unless it is carried out
	timed   bool                // a comparison is due

	accesses chan handoff.Access // nil: nobody wants them
	reads    map[string]bool     // the names of files whose reads are wanted
}

// call is a call that the kernel may not have carried out yet.
type call struct {
	of *account
	at turns // of the thread, which sleeps until the call goes on
}

// New returns what is known of the writes in the folder dir from now on; tree returns hotswap and the processes below.
func New(dir string, tree func() []int) *Writes {
	w := &Writes{dir: Real(dir), tree: tree, began: time.Now()}
	w.forget()
	return w
}

// WatchBuilds is that of [handoff.Writes].
func (w *Writes) WatchBuilds() { w.builds.Store(true) }

// Builds reports whether the calls of builds are wanted.
func (w *Writes) Builds() bool { return w.builds.Load() }

// Note notes a call before the kernel carries it out.
func (w *Writes) Note(c Call) {
	at := asleep(c.Thread)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.landed(c.Thread) // a thread makes one call after the other
	for range 10 {     // two calls at a time may close the file at the same moment, which would be one report
		if w.land(); w.files[c.Path] == nil || w.files[c.Path].flying == 0 {
			break
		}
		w.mu.Unlock()
		time.Sleep(ripe / 25)
		w.mu.Lock()
	}
	if !w.follows(c.Path) {
		return
	}
	if len(w.files) >= maxFiles {
		w.forget()
	}
	a := w.files[c.Path]
	if a == nil { // if somebody has changed the file since hotswap began, the next verdict may be about that
		a = &account{foreign: changed(c.Path).After(w.began)}
		w.files[c.Path] = a
	}
	if a.opened-a.closed > a.open {
		w.compare(map[string]*account{c.Path: a}, true)
	}
	if c.Opens {
		a.identify(c.Path)
		w.reports.separate(c.Path)
		a.opened++
	} else {
		a.moves++
	}
	a.by = c.By
	a.flying++
	w.calls[c.Thread], w.restive[c.Path] = call{a, at}, a
	w.compareIn(ripe)
}

// Wants reports whether calls for a file are to be noted. Installers write thousands of folders below node_modules.
func (w *Writes) Wants(path string) bool {
	return strings.HasPrefix(path, w.dir+"/") && !strings.Contains(filepath.Dir(path), "/node_modules/")
}

// follows reports whether the kernel reports what happens to a file.
func (w *Writes) follows(path string) bool {
	folder := filepath.Dir(path)
	if !w.Wants(path) {
		return false
	}
	known, err := w.reports.follow(folder)
	if !known { // the accounts are of another folder of this name
		others := func(path string, _ *account) bool { return filepath.Dir(path) == folder }
		maps.DeleteFunc(w.files, others)
		maps.DeleteFunc(w.restive, others)
	}
	return err == nil
}

// land notes what has happened until now.
func (w *Writes) land() {
	for thread, c := range w.calls {
		if goesOn(thread, c.at) {
			w.landed(thread)
		}
	}
	w.read()
}

// landed notes that the kernel has carried out the thread's newest call.
func (w *Writes) landed(thread int) {
	if c, ok := w.calls[thread]; ok {
		c.of.flying--
		delete(w.calls, thread)
	}
}

// Author is that of [handoff.Writes]. While a call flies, a closing that seems to be the call's may be somebody else's.
func (w *Writes) Author(path string) handoff.Author {
	for since := time.Now(); ; time.Sleep(ripe / 5) {
		author, flying, open := w.author(path)
		switch {
		case author == handoff.Others, flying && time.Since(since) > patience, !flying && w.othersHave(open):
			return handoff.Others
		case !flying:
			return author
		}
	}
}

// author returns who has changed a file, by its name and behind a link, whether a call is not carried out yet, and which files
// the program has open.
func (w *Writes) author(path string) (author handoff.Author, flying bool, open []fileID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	some := map[string]*account{}
	for _, name := range []string{filepath.Join(Real(filepath.Dir(path)), filepath.Base(path)), Real(path)} {
		if w.files[name] == nil && len(w.files) >= maxFiles/2 || !w.follows(name) {
			continue
		}
		if w.files[name] == nil {
			w.files[name] = &account{foreign: true} // of what follows this verdict
		}
		some[name] = w.files[name]
	}
	w.compare(some, false)
	foreign := false
	for name, a := range some {
		foreign = foreign || a.foreign || a != w.files[name]
		a.foreign = false
		author = max(author, a.by)
		flying = flying || a.flying > 0
		if a.opened > 0 {
			open = append(open, a.ids...)
		}
	}
	if foreign {
		author = handoff.Others
	}
	return author, flying, open
}

// othersHave reports whether a process that is not below hotswap has one of the files open for writing: it may have written
// already, and closes the file later. One caller at a time.
func (w *Writes) othersHave(files []fileID) bool {
	if len(files) == 0 {
		return false
	}
	time.Sleep(time.Until(w.next))
	began := time.Now()
	all, _ := procfs.Processes()
	tree := w.tree()
	open := openForWriting(slices.DeleteFunc(all, func(pid int) bool { return slices.Contains(tree, pid) }))
	w.next = time.Now().Add(rarely * time.Since(began))
	return slices.ContainsFunc(files, func(id fileID) bool { return open[id] > 0 })
}

// compareIn compares the accounts that do not rest, after a while.
func (w *Writes) compareIn(after time.Duration) {
	if w.timed || len(w.restive) == 0 {
		return
	}
	w.timed = true
	time.AfterFunc(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		began := time.Now()
		w.compare(w.restive, true)
		w.timed = false
		w.compareIn(max(ripe, rarely*time.Since(began)))
	})
}

// compare compares accounts with what is open, unless that changes all the time.
func (w *Writes) compare(some map[string]*account, ripe bool) {
	w.land()
	for range 3 {
		var open map[fileID]int
		for _, a := range some {
			if a.opened > 0 && open == nil {
				open = openForWriting(w.tree())
			}
		}
		if w.read() {
			continue
		}
		for path, a := range some {
			still := 0
			for _, id := range a.identify(path) {
				still += open[id]
			}
			if a.compare(still, ripe) {
				delete(w.restive, path)
			}
		}
		return
	}
}

// read reads what the kernel has reported, and reports whether there was something.
func (w *Writes) read() (some bool) {
	if !w.reports.read(func(path string, what report) {
		if some = true; w.files[path] != nil {
			w.files[path].report(what)
		}
	}) {
		w.forget()
	}
	return some
}

// forget forgets all accounts. What hotswap's own lines go to, or the program's, is open all the time.
func (w *Writes) forget() {
	w.reports.close()
	w.files, w.restive, w.calls = map[string]*account{}, map[string]*account{}, map[int]call{}
	for fd := range 3 {
		path := Real(procfs.Self.FD(fd))
		flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if flags&unix.O_ACCMODE != unix.O_RDONLY && w.follows(path) {
			w.files[path] = &account{by: handoff.TheProgram, opened: 1}
		}
	}
}
