package writes

import (
	"bytes"
	"encoding/binary"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

const (
	ripe     = 5 * time.Millisecond // from a closing of a descriptor until its report, at most
	patience = time.Second          // with a call that is not carried out; then somebody else may have changed the file
	rarely   = 20                   // times the length of a look at descriptors until the next one
	// with more, all accounts are forgotten: each may cost two watches, of which the kernel has few
	maxFiles = 4000
)

// Writes has the accounts of the files of a project. Its methods may be called from any goroutine.
type Writes struct {
	dir    string       // the project's folder, without symbolic links; constant
	tree   func() []int // hotswap and the processes below; constant
	began  time.Time    // constant
	builds atomic.Bool  // the calls of builds are wanted, too
	next   time.Time    // when othersHave may look again; the caller's of Author

	mu      sync.Mutex          // guards what follows
	reports int                 // the descriptor of inotify(7)
	folders map[int32]string    // of which it reports, by watch descriptor
	files   map[string]*account // by path
	calls   map[int]call        // the newest of each thread, unless it is carried out
	timed   bool                // a comparison is due

	accesses chan handoff.Access // nil: nobody wants them
	reads    map[string]bool     // the names of files whose reads are wanted
}

// call is a call that the kernel may not have carried out yet.
type call struct {
	of  []*account
	ran time.Duration // the thread has, which sleeps until the call goes on
}

// New returns what is known of the writes in the folder dir from now on; tree returns hotswap and the processes below.
func New(dir string, tree func() []int) *Writes {
	w := &Writes{dir: Real(dir), tree: tree, began: time.Now(), reports: -1}
	w.forget()
	return w
}

// WatchBuilds is that of [handoff.Writes].
func (w *Writes) WatchBuilds() { w.builds.Store(true) }

// Builds reports whether the calls of builds are wanted.
func (w *Writes) Builds() bool { return w.builds.Load() }

// Note notes a call of a thread that the kernel has not carried out yet: the program or a build is about to open files
// for writing, to put or to remove them. paths are as [Real] returns them. goOn has the kernel carry the call out; an
// error says that it never will.
func (w *Writes) Note(thread int, by handoff.Author, paths []string, goOn func() error) {
	ran, sleeps := asleep(thread)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.landed(thread) // a thread makes one call after the other
	w.read()         // what is reported until now is not the call's
	var of []*account
	for _, path := range paths {
		if !w.follows(path) {
			continue
		}
		if len(w.files) >= maxFiles {
			w.forget()
		}
		a := w.files[path]
		if a == nil { // if somebody has changed the file since hotswap began, the next verdict may be about that
			_, changed := look(path)
			a = &account{foreign: changed.After(w.began)}
			w.files[path] = a
		}
		a.identify(path)
		// With a watch of its own the kernel reports each end twice, so that the reports of two ends are no equal
		// neighbours, which the kernel would merge.
		_, _ = unix.InotifyAddWatch(w.reports, path, unix.IN_CLOSE_WRITE|unix.IN_DONT_FOLLOW)
		of = append(of, a)
	}
	if goOn() != nil {
		return
	}
	for _, a := range of {
		a.opened++
		a.flying++
		a.by = by
		a.foreign = a.foreign || !sleeps // nothing would tell when the call is carried out
	}
	w.calls[thread] = call{of, ran}
	w.compareIn(ripe)
}

// Wants reports whether calls for a file are to be noted. Installers write thousands of folders below node_modules, and
// generators write into hidden ones.
func (w *Writes) Wants(path string) bool {
	name := launchers.PackageOf(path)
	return strings.HasPrefix(path, w.dir+"/") && (name == "" || name[0] == '.')
}

// follows reports whether the kernel reports what happens to a file from now on.
func (w *Writes) follows(path string) bool {
	folder := filepath.Dir(path)
	if !w.Wants(path) {
		return false
	}
	watch, err := unix.InotifyAddWatch(w.reports, folder,
		unix.IN_CLOSE_WRITE|unix.IN_MODIFY|unix.IN_MOVE|unix.IN_CREATE|unix.IN_DELETE|unix.IN_ONLYDIR)
	if w.folders[int32(watch)] != folder { // the accounts are of another folder of this name
		maps.DeleteFunc(w.files, func(path string, _ *account) bool { return filepath.Dir(path) == folder })
	}
	if err == nil {
		w.folders[int32(watch)] = folder
	}
	return err == nil
}

// landed notes that the kernel has carried out the thread's newest call.
func (w *Writes) landed(thread int) {
	for _, a := range w.calls[thread].of {
		a.flying--
	}
	delete(w.calls, thread)
}

// Author is that of [handoff.Writes]. While a call flies or a closing is under way, a closing that seems to be the
// program's may be somebody else's.
func (w *Writes) Author(path string) handoff.Author {
	settled := false
	for late := time.Now().Add(patience); ; time.Sleep(ripe / 5) {
		author, unknown, open := w.author(path)
		switch {
		case author == handoff.Others, (unknown || !settled) && time.Now().After(late):
			return handoff.Others
		case unknown:
		case !settled:
			settled = settle(w.tree(), late)
		case w.othersHave(open):
			return handoff.Others
		default:
			return author
		}
	}
}

// author returns who has changed a file, by its name and behind a link, whether that is not known yet, and which files
// the program has open.
func (w *Writes) author(path string) (author handoff.Author, unknown bool, open []fileID) {
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
	unknown = !w.compare(some, false)
	foreign := false
	for name, a := range some {
		foreign = foreign || a.foreign || a != w.files[name]
		a.foreign = false
		author = max(author, a.by)
		if a.opened > 0 {
			open = append(open, a.ids...)
		}
	}
	if foreign {
		author = handoff.Others
	}
	return author, unknown, open
}

// othersHave reports whether a process that is not below hotswap has one of the files open for writing: it may have
// written already, and closes the file later. One caller at a time.
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

// compareIn compares all accounts after a while, and again until each rests.
func (w *Writes) compareIn(after time.Duration) {
	if w.timed {
		return
	}
	w.timed = true
	time.AfterFunc(after, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		began := time.Now()
		w.timed = false
		if !w.compare(w.files, true) {
			w.compareIn(max(ripe, rarely*time.Since(began)))
		}
	})
}

// compare compares accounts with what is open, unless that has just changed, and reports whether all rest.
func (w *Writes) compare(some map[string]*account, ripe bool) (rest bool) {
	for thread, c := range w.calls {
		if goesOn(thread, c.ran) {
			w.landed(thread)
		}
	}
	w.read()
	var open map[fileID]int
	for _, a := range some {
		if a.opened > 0 && open == nil {
			open = openForWriting(w.tree())
		}
	}
	if w.read() {
		return false
	}
	rest = true
	for path, a := range some {
		if a.opened == 0 { // and nothing is closed that was not foreign at once
			continue
		}
		still := 0
		for _, id := range a.identify(path) {
			still += open[id]
		}
		rest = a.compare(still, ripe) && rest
	}
	return rest
}

// read notes what the kernel has reported, and reports whether that has changed an account.
func (w *Writes) read() (some bool) {
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Read(w.reports, buf)
		if err != nil || n <= 0 {
			return some // EAGAIN
		}
		for at := buf[:n]; len(at) >= unix.SizeofInotifyEvent; {
			watch, mask := int32(binary.NativeEndian.Uint32(at)), binary.NativeEndian.Uint32(at[4:])
			end := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(at[12:])
			name := string(bytes.TrimRight(at[unix.SizeofInotifyEvent:end], "\x00"))
			at = at[end:]
			folder, known := w.folders[watch] // else it is the watch of a file
			switch a := w.files[filepath.Join(folder, name)]; {
			case mask&unix.IN_Q_OVERFLOW != 0: // reports are lost
				w.forget()
				return true
			case mask&unix.IN_IGNORED != 0:
				delete(w.folders, watch)
			case known && a != nil:
				some = a.report(mask&(unix.IN_MODIFY|unix.IN_CREATE) == 0) || some
			}
		}
	}
}

// forget forgets all accounts. What hotswap's own lines go to, or the program's, is open all the time.
func (w *Writes) forget() {
	unix.Close(w.reports)
	w.reports, _ = unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK) // on an error nobody is known
	w.folders, w.files, w.calls = map[int32]string{}, map[string]*account{}, map[int]call{}
	for fd := 1; fd <= 2; fd++ {
		if path := Real(procfs.Self.FD(fd)); w.follows(path) {
			w.files[path] = &account{by: handoff.TheProgram, opened: 1}
		}
	}
}
