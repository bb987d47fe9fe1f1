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
	// Exact is true if every thread has answered the newest order completely. The result
	// of AskFiles is exact only if no process of the program lacks an adapter.
	Exact bool
}

// Snapshot is what a thread has loaded.
type Snapshot struct {
	PID    int
	Thread int       // its number in its process; 0: the main thread
	Main   string    // what Node was told to run, without symbolic links; "": no file
	Began  time.Time // when its process did; zero: unknown
	Serves bool      // it has accepted connections
	Files  []File    // in the order in which they were loaded

	ExecArgv []string // Node's options on its command line
	Holdable bool     // Node has read Module.runMain before it ran Main
	Env      []string // the names of variables that the program has changed
}

// AskFiles orders each thread to report its files, also threads that connect later. It
// returns when all have answered, or ctx has ended. A thread waits for a moment without a
// request, if there is one within patience: with a thousand modules it takes some 50 ms,
// in which the thread does nothing else, and 20 ms when it is asked again.
func (a *Session) AskFiles(ctx context.Context, patience time.Duration) Loaded {
	a.mu.Lock()
	a.filesSeq++
	seq := a.filesSeq
	a.patience = patience
	for t := range a.threads {
		a.askFilesLocked(t)
	}
	a.mu.Unlock()
	_ = a.Wait(ctx, func(State) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		for t := range a.threads {
			if t.filesSeq < seq {
				return false
			}
		}
		return len(a.threads) > 0
	})
	l := a.Loaded()
	l.Exact = l.Exact && !a.strangers()
	return l
}

func (a *Session) askFilesLocked(t *thread) {
	if a.filesSeq > 0 {
		t.write(order{Type: "files", Seq: a.filesSeq, Patience: a.patience.Milliseconds()})
	}
}

// Loaded returns what has been reported so far.
func (a *Session) Loaded() Loaded {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := Loaded{Exact: a.filesSeq > 0 && len(a.threads) > 0, Past: slices.Clone(a.pastThreads)}
	for _, t := range slices.SortedFunc(maps.Keys(a.threads), func(x, y *thread) int { return x.joined - y.joined }) {
		l.Exact = l.Exact && t.exact && t.filesSeq == a.filesSeq
		s := t.Snapshot
		s.Serves, s.Files = t.reports(), slices.Clone(t.Files)
		l.Threads = append(l.Threads, s)
	}
	return l
}

func (t *thread) noteFiles(f Files) {
	t.Files = append(t.Files, f.Files...)
	if f.Done {
		t.filesSeq, t.exact, t.Main = f.Seq, f.Exact, f.Main
		t.ExecArgv, t.Holdable, t.Env = f.ExecArgv, f.Holdable, f.Env
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
