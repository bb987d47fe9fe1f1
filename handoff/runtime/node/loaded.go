package node

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Loaded is what a generation's threads have loaded, as far as they have told.
type Loaded struct {
	Threads []Snapshot // that are there now, in the order in which they connected
	Past    []Snapshot // that have gone, with what none had told that went before
	// Exact is true when every thread that is there has answered the newest
	// question, and is sure of its answer, and, as AskFiles gives it, none else runs
	// code of the kind without an adapter.
	Exact bool
}

// Thread is one that is there.
type Snapshot struct {
	PID    int
	Thread int       // its number in its process; 0: the main one
	Main   string    // what Node was told to run, without symbolic links; "": no file
	Began  time.Time // when its process did; zero: not known
	Serves bool      // it has accepted connections
	Files  []File    // in the order in which they were loaded

	ExecArgv []string // Node's options on its command line
	Holdable bool     // it could have been held before Main: Node has read Module.runMain
	Env      []string // the names of variables that the program has changed
}

// AskFiles asks each thread for its files, the first one as soon as it connects, and
// returns what is known when all have answered, or ctx has ended. They choose a
// moment in which no request waits for them, if one comes within patience: with a
// thousand modules it is some 50 ms, in which the thread does nothing else; asked
// again, 20.
func (a *Session) AskFiles(ctx context.Context, patience time.Duration) Loaded {
	a.mu.Lock()
	a.filesSeq++
	seq := a.filesSeq
	a.patience = patience
	for m := range a.threads {
		a.askFilesLocked(m)
	}
	a.mu.Unlock()
	_ = a.Wait(ctx, func(State) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		for m := range a.threads {
			if m.filesSeq < seq {
				return false
			}
		}
		return len(a.threads) > 0
	})
	l := a.Loaded()
	l.Exact = l.Exact && !a.strangers()
	return l
}

// askFilesLocked asks one thread, if a question is open.
func (a *Session) askFilesLocked(m *thread) {
	if a.filesSeq > 0 {
		m.write(order{Type: "files", Seq: a.filesSeq, Patience: a.patience.Milliseconds()})
	}
}

// Loaded is what has been told so far. Threads that connect after the first
// question are asked by themselves.
func (a *Session) Loaded() Loaded {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := Loaded{Exact: a.filesSeq > 0 && len(a.threads) > 0}
	threads := slices.SortedFunc(maps.Keys(a.threads), func(x, y *thread) int { return x.joined - y.joined })
	for _, m := range threads {
		l.Exact = l.Exact && m.exact && m.filesSeq == a.filesSeq
		l.Threads = append(l.Threads, Snapshot{PID: m.pid, Thread: m.thread, Main: m.main, Began: m.began, Serves: len(m.ports) > 0, Files: slices.Clone(m.files),
			ExecArgv: m.execArgv, Holdable: m.holdable, Env: m.env})
	}
	l.Past = slices.Clone(a.pastThreads)
	return l
}

func (m *thread) noteFiles(f Files) {
	m.files = append(m.files, f.Files...)
	if f.Done {
		m.filesSeq, m.exact, m.main = f.Seq, f.Exact, f.Main
		m.execArgv, m.holdable, m.env = f.ExecArgv, f.Holdable, f.Env
	}
}

// keepFilesLocked keeps the files of a thread that goes.
func (a *Session) keepFilesLocked(m *thread) {
	t := Snapshot{PID: m.pid, Thread: m.thread, Main: m.main, Began: m.began}
	for _, f := range m.files {
		if !a.pastKnown[f.Path] {
			a.pastKnown[f.Path] = true
			t.Files = append(t.Files, f)
		}
	}
	if len(t.Files) > 0 {
		a.pastThreads = append(a.pastThreads, t)
	}
}
