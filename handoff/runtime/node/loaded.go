package node

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Loaded is what a generation's threads have loaded, as far as they have reported.
type Loaded struct {
	Threads []Snapshot // in the order in which they connected
	Past    []Snapshot // that have gone, with the files that no thread had reported before
	Exact   bool       // every thread has answered the newest order completely, and none has gone while its process lives
}

// Snapshot is what a thread has loaded.
type Snapshot struct {
	PID    int
	Thread int       // its number in its process; 0: the main thread
	Main   string    // what Node was told to run, without symbolic links; "": no file
	Began  time.Time // when its process did; zero: unknown
	Serves bool      // it has accepted connections
	Files  []File    // in the order in which they were loaded
	Read   []string  // code that a package or the program has read as text

	ExecArgv []string          // Node's options on its command line
	Holdable bool              // Node has read Module.runMain before it ran Main
	Env      map[string]string // variables that the program has changed since it began, with their values; "": removed, or not known
	Dropped  bool              // packages that were loaded with assumed variables were loaded anew
	RanMain  int64             // when Node was about to run Main, ms since 1970; 0: not known
	Statics  Statics
}

// AskFiles orders each thread to report its files, also threads that connect later. It
// returns when all have answered, or ctx has ended. A thread waits for a moment without a
// request, if there is one within patience: with a thousand modules it takes some 50 ms,
// in which the thread does nothing else, and 20 ms when it is asked again.
func (a *Session) AskFiles(ctx context.Context, patience time.Duration) Loaded {
	return a.ask(ctx, asked{patience: patience})
}

// AskCaches does the same without a pause that clients notice: threads report at once what
// the caches of their loaders have. A file that a program loads in its own way is not among
// them, so that the result is exact only by an earlier AskFiles.
func (a *Session) AskCaches(ctx context.Context, patience time.Duration) Loaded {
	return a.ask(ctx, asked{patience: patience, cached: true})
}

// asked is an order for files.
type asked struct {
	seq      int // 0: none yet
	patience time.Duration
	cached   bool
}

// ask orders files. Orders of the two kinds do not replace each other.
func (a *Session) ask(ctx context.Context, q asked) Loaded {
	a.mu.Lock()
	newest := &a.files[kind(q.cached)]
	q.seq = newest.seq + 1
	*newest = q
	for t := range a.threads {
		t.askFiles(q)
	}
	a.mu.Unlock()
	_ = a.Wait(ctx, func(State) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		for t := range a.threads {
			if t.filesSeq[kind(q.cached)] < q.seq {
				return false
			}
		}
		return len(a.threads) > 0
	})
	return a.Loaded()
}

// kind is the index of a kind of order.
func kind(cached bool) int {
	if cached {
		return 1
	}
	return 0
}

func (t *thread) askFiles(q asked) {
	if q.seq > 0 {
		t.write(order{Type: "files", Seq: q.seq, Patience: q.patience.Milliseconds(), Cached: q.cached})
	}
}

// Loaded returns what has been reported so far.
func (a *Session) Loaded() Loaded {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := Loaded{Exact: a.files[0].seq > 0 && len(a.threads) > 0 && !a.lost, Past: slices.Clone(a.pastThreads)}
	for _, t := range slices.SortedFunc(maps.Keys(a.threads), func(x, y *thread) int { return x.joined - y.joined }) {
		l.Exact = l.Exact && t.exact && t.filesSeq[0] == a.files[0].seq
		s := t.Snapshot
		s.Serves, s.Files, s.Read = t.reports(), slices.Clone(t.Files), slices.Clone(t.Read)
		l.Threads = append(l.Threads, s)
	}
	return l
}

func (t *thread) noteFiles(f Files) {
	t.Files, t.Read = append(t.Files, f.Files...), append(t.Read, f.Read...)
	if f.Done {
		t.filesSeq[kind(f.Cached)] = max(t.filesSeq[kind(f.Cached)], f.Seq)
		if !f.Cached {
			t.exact = f.Exact
		}
		t.Main = f.Main
		t.ExecArgv, t.Holdable, t.RanMain = f.ExecArgv, f.Holdable, f.RanMain
		t.Env, t.Dropped = f.Env, f.Dropped
		if f.Cached {
			t.Statics = f.Statics
		}
	}
}

// keepFilesLocked keeps the files of a thread that goes.
func (a *Session) keepFilesLocked(t *thread) {
	past := Snapshot{PID: t.PID, Thread: t.Thread, Main: t.Main, Began: t.Began}
	for _, f := range t.Files {
		if !a.pastKnown[f.Path] {
			a.pastKnown[f.Path] = true
			past.Files = append(past.Files, f)
		}
	}
	if len(past.Files) > 0 {
		a.pastThreads = append(a.pastThreads, past)
	}
}
