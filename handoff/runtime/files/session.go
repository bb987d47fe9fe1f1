// Package files speaks the family files of the wire (handoff/runtime/wire): threads tell which files they have loaded,
// and compile those that have changed. message.go has the fields. files, hotswap's order, is answered by files in
// parts, and check by checked, if hello says checks. With "files":false in its hello an adapter is not asked.
package files

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

const (
	room     = 64 << 20 // bytes, about, of the files of a generation's threads, with those of threads that have gone
	maxHooks = 32       // of an answer; the adapter sends at most 20
)

// Session has what the threads of one generation have loaded. Any goroutine may call its methods.
type Session struct {
	serving func() map[*wire.Link]bool // constant
	room    int                        // constant
	links   wire.Group[thread]         // guards what follows

	asked       int        // the number of the newest order for files; 0: none yet
	checks      int        // the number of the newest order to check; 0: none yet
	pastThreads []Snapshot // that have gone; each file is in one of them
	pastKnown   map[string]bool
	bytes       int         // bytes, about, of what threads have loaded, also those that have gone
	lost        map[int]int // worker threads that have gone: the oldest of each process
}

// New returns the session of a generation that begins. serving returns the links whose threads have accepted
// connections.
func New(serving func() map[*wire.Link]bool) *Session {
	return &Session{serving: serving, room: room, pastKnown: map[string]bool{}, lost: map[int]int{}}
}

// thread is the link of an adapter. Session.links guards what is not constant.
type thread struct {
	*wire.Link          // constant
	mute       bool     // constant; it does not tell which files are loaded
	loaded     Snapshot // without Serves and Told
	hooks      []Hook   // of an answer that is under way
	filesSeq   int      // of the newest order for files that was answered
	exact      bool     // that answer was complete
	begun      []int    // the worker threads that it had begun by then
	bytes      int      // bytes, about, of its files
	cut        bool     // there was no room for all of them
	checked    Checked  // the newest answer to the order check
	gone       bool     // the link has ended
}

// Join adds a thread.
func (a *Session) Join(l *wire.Link) (h wire.Handlers, leave func()) {
	t := &thread{Link: l, mute: l.Files != nil && !*l.Files}
	t.loaded = Snapshot{PID: l.PID, Thread: l.Thread, Faults: l.Faults}
	if l.Began > 0 {
		t.loaded.Began = time.UnixMilli(l.Began)
	}
	a.links.Locked(func() {
		a.links.Links = append(a.links.Links, t)
		t.ask(a.asked)
	})
	return wire.Handlers{
		"files":   wire.Note(&a.links, func(m Files) { a.filesLocked(t, m) }),
		"checked": wire.Note(&a.links, func(m Checked) { t.checked = m }),
	}, func() { a.links.Locked(func() { a.leaveLocked(t) }) }
}

// Loaded is what a generation's threads have loaded, as far as they have reported.
type Loaded struct {
	Threads []Snapshot // in the order in which they connected
	Past    []Snapshot // that have gone, with the files that no thread had reported before
	Exact   bool       // every thread has answered the newest order completely, and of none less is known
	Partial bool       // a thread has not answered the newest order, or has loaded more than is kept
}

// Snapshot is what a thread has loaded.
type Snapshot struct {
	PID      int
	Thread   int       // its number in its process; 0: the main thread
	Began    time.Time // when its process did; zero: unknown
	Faults   string    // cminflt of proc_pid_stat(5) when its process had just become Node's; "": unknown
	Serves   bool      // it has accepted connections
	Answered bool      // it has answered an order, perhaps an older one; else Files may have a part of an answer
	Files    []File    // in the order in which they were loaded
	Read     []string  // code that a package or the program has read as text

	Program
	Hooks []Hook // of the newest answer
}

// Ask orders each thread to report its files, also threads that connect later. It
// returns when all have answered, or ctx has ended. A thread answers between requests, a few ms
// at a time.
func (a *Session) Ask(ctx context.Context) Loaded {
	a.links.Lock()
	a.asked++
	seq := a.asked
	for _, t := range a.links.Links {
		t.ask(seq)
	}
	a.links.Unlock()
	_ = a.links.Await(ctx, func() bool {
		a.links.Lock()
		defer a.links.Unlock()
		told := false
		for _, t := range a.links.Links {
			if !t.mute && t.filesSeq < seq {
				return false
			}
			told = told || !t.mute
		}
		return told && (a.lostLocked() || a.completeLocked())
	})
	a.links.Lock()
	defer a.links.Unlock()
	return a.loadedLocked(seq)
}

// lostLocked reports whether a worker thread has gone that may have loaded more than it has reported. A dev server ends
// threads for what it has made for its clients, and makes that anew.
func (a *Session) lostLocked() bool {
	for pid, n := range a.lost {
		if !slices.ContainsFunc(a.links.Links, func(t *thread) bool {
			return t.PID == pid && t.loaded.Server != nil && n > t.loaded.Server.Thread
		}) {
			return true
		}
	}
	return false
}

// completeLocked reports whether the threads are connected that others have begun. Who has just begun connects within a
// second.
func (a *Session) completeLocked() bool {
	for _, t := range a.links.Links {
		for _, n := range t.begun {
			is := func(o *thread) bool { return o.PID == t.PID && o.Thread == n }
			if t.loaded.Server == nil && !slices.ContainsFunc(a.links.Links, is) {
				return false
			}
		}
	}
	return true
}

// ask orders files; with 0, nothing.
func (t *thread) ask(seq int) {
	if seq > 0 && !t.mute {
		t.Send(order{Type: "files", Seq: seq}, nil)
	}
}

// Loaded returns what has been reported so far.
func (a *Session) Loaded() Loaded {
	a.links.Lock()
	defer a.links.Unlock()
	return a.loadedLocked(a.asked)
}

// loadedLocked returns the same. Exact are answers to the order seq or a later one.
func (a *Session) loadedLocked(seq int) Loaded {
	serving := a.serving()
	l := Loaded{Exact: seq > 0 && !a.lostLocked() && a.completeLocked(), Past: slices.Clone(a.pastThreads)}
	for _, t := range a.links.Links {
		if t.mute {
			continue
		}
		l.Partial = l.Partial || t.filesSeq < seq || t.cut
		l.Exact = l.Exact && t.exact && t.filesSeq >= seq
		s := t.loaded
		s.Serves, s.Answered = serving[t.Link], t.filesSeq > 0
		s.Files, s.Read = slices.Clone(s.Files), slices.Clone(s.Read)
		l.Threads = append(l.Threads, s)
	}
	l.Exact = l.Exact && len(l.Threads) > 0
	return l
}

// size returns about how many bytes a file takes.
func (f File) size() int { return 64 + len(f.Path) + len(f.Kind) }

// filesLocked notes a part of an answer. What finds no room is left out, and then no answer of the thread is complete.
func (a *Session) filesLocked(t *thread, f Files) {
	size := 0
	for _, file := range f.Files {
		size += file.size()
	}
	for _, file := range f.Read {
		size += 16 + len(file)
	}
	t.cut = t.cut || a.bytes+size > a.room
	if !t.cut {
		t.loaded.Files, t.loaded.Read = append(t.loaded.Files, f.Files...), append(t.loaded.Read, f.Read...)
		t.bytes += size
		a.bytes += size
	}
	if f.Hook != nil && len(t.hooks) < maxHooks {
		t.hooks = append(t.hooks, *f.Hook)
	} else if f.Hook != nil {
		t.hooks[0] = Hook{} // it may wrap any module
	}
	if f.Done {
		t.loaded.Hooks, t.hooks = t.hooks, nil
		t.filesSeq, t.exact = max(t.filesSeq, f.Seq), f.Exact && !t.cut
		t.loaded.Program, t.begun = f.Program, f.Threads
	}
}

// leaveLocked removes a thread that has gone, and keeps its files, each once.
func (a *Session) leaveLocked(t *thread) {
	a.links.RemoveLocked(t)
	t.gone = true
	if n, was := a.lost[t.PID]; t.Thread != 0 && !(was && n < t.Thread) {
		a.lost[t.PID] = t.Thread
	}
	a.bytes -= t.bytes
	past := Snapshot{PID: t.PID, Thread: t.Thread, Began: t.loaded.Began, Answered: true,
		Program: Program{Main: t.loaded.Main}}
	for _, f := range t.loaded.Files {
		if a.pastKnown[f.Path] {
			continue
		}
		a.pastKnown[f.Path] = true
		a.bytes += f.size()
		past.Files = append(past.Files, f)
	}
	if len(past.Files) > 0 {
		a.pastThreads = append(a.pastThreads, past)
	}
}

// bundlers are packages that read code in a process of their own or in machine code, where the
// adapter does not see it. tsx has esbuild transform what it has read.
var (
	bundlers = strings.Fields("vite rolldown @rspack/core @parcel/core tsup tsdown unbuild @swc/core")
	esbuild  = lazy.Pattern(`["']esbuild["']`)
)

// Bundles returns why code may have been read without the adapter; "": it was not.
func (l Loaded) Bundles() string {
	uses := ""
	var sources []string
	for _, t := range slices.Concat(l.Threads, l.Past) {
		anew := slices.ContainsFunc(l.Threads, func(m Snapshot) bool { return m.PID == t.PID && m.Server != nil })
		for _, f := range t.Files {
			switch name := launchers.PackageOf(f.Path); {
			case anew && (name == "vite" || name == "rolldown"): // serve what they make anew
			case slices.Contains(bundlers, name), name == "esbuild" && uses == "":
				uses = name
			case name == "":
				sources = append(sources, f.Path)
			}
		}
	}
	if uses == "esbuild" && !slices.ContainsFunc(sources, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && esbuild().Match(b)
	}) {
		return ""
	}
	if uses != "" {
		return "it has loaded " + uses + ", which may read code itself"
	}
	return ""
}

// Checks reports whether a thread can be asked to check files.
func (a *Session) Checks() bool { return a.links.Any(func(t *thread) bool { return t.Checks }) }

// Check has each thread compile those of the files that it has loaded, by the loaders that the program has installed.
// Nothing of the files runs. Check returns the error of a file that a thread could not compile; nil: before ctx ended
// no thread knew of one.
func (a *Session) Check(ctx context.Context, files []string) (lines []string) {
	a.links.Lock()
	a.checks++
	seq := a.checks
	var asked []*thread
	for _, t := range a.links.Links {
		if t.Checks {
			asked = append(asked, t)
			t.Send(order{Type: "check", Seq: seq, Files: files}, nil)
		}
	}
	a.links.Unlock()
	_ = a.links.Await(ctx, func() bool {
		a.links.Lock()
		defer a.links.Unlock()
		all := true
		for _, t := range asked {
			if t.checked.Seq == seq && len(t.checked.Lines) > 0 {
				lines = t.checked.Lines
				return true
			}
			all = all && (t.checked.Seq == seq || t.gone)
		}
		return all
	})
	return lines
}
