package changes

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

const (
	// calm is how long after the end of probation a generation is asked what it has
	// loaded, and later once more, for what it loads with its first requests.
	calm  = 500 * time.Millisecond
	later = 15 * time.Second
	// unhurried is how long a thread may wait for a moment without a request; when
	// something waits for its answer, hurry.
	unhurried = 5 * time.Second
	hurry     = 100 * time.Millisecond
	// answerWithin bounds a question beyond that: a thread that computes says nothing.
	answerWithin = 2 * time.Second
)

// tracker knows what the generations have loaded: it has the watcher follow that,
// and keeps from the program what does not concern it. sift and resift are the
// forwarder's, the rest may be called from anywhere.
type tracker struct {
	report   Reporter
	adapters *node.Transport
	watcher  *watch.Watcher
	roots    []string // of the watcher
	home     string
	only     bool          // --only-loaded
	first    time.Duration // from serving until it is asked

	book loaded.Book             // the forwarder's
	kept map[string]watch.Change // likewise: what the book keeps

	mu      sync.Mutex // guards what follows
	life    loaded.Life
	served  chan int           // capacity 1: the generation that began to serve, or does again
	urgent  chan int           // capacity 1: this one's answer is waited for
	reports chan loaded.Report // capacity 1
	stirred chan struct{}      // capacity 1: life has gone on
}

func newTracker(cfg Config, root string, w *watch.Watcher) *tracker {
	t := &tracker{
		report: cfg.Report, only: cfg.OnlyLoaded, first: cfg.Probation + calm, served: make(chan int, 1), urgent: make(chan int, 1),
		kept: map[string]watch.Change{}, reports: make(chan loaded.Report, 1), stirred: make(chan struct{}, 1), watcher: w,
	}
	t.home, _ = os.UserHomeDir()
	for _, path := range cfg.roots() {
		if !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		t.roots = append(t.roots, filepath.Clean(path))
	}
	t.roots = append(t.roots, root)
	return t
}

// latest puts v into a channel of capacity 1 instead of what is there.
func latest[T any](c chan T, v T) {
	for {
		select {
		case c <- v:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// note keeps the lives of generations.
func (t *tracker) note(n supervisor.Notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	newer := func(gen supervisor.GenID, phase loaded.Phase, healthy int) {
		t.life.Healthy = healthy
		if int(gen) >= t.life.Newest {
			t.life.Newest, t.life.Phase = int(gen), phase
		}
	}
	switch n := n.(type) {
	case supervisor.NoticeServing:
		newer(n.Gen, loaded.Serving, int(n.Gen))
		latest(t.served, int(n.Gen))
	case supervisor.NoticeNotListening:
		if n.Waits {
			return // it still boots
		}
		newer(n.Gen, loaded.Serving, 0)
		latest(t.served, int(n.Gen))
	case supervisor.NoticeFailed:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeCrashed:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeFinished:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeRolledBack:
		newer(n.Gen, loaded.Failed, 0)
		latest(t.served, int(n.To))
	default:
		return
	}
	latest(t.stirred, struct{}{})
}

// now is the life as the newest status has it: one that boots is known by that only.
func (t *tracker) now(st supervisor.Status) loaded.Life {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.life
	for _, g := range st.Generations {
		if int(g.ID) > l.Newest {
			l = loaded.Life{Newest: int(g.ID)}
		}
	}
	if l.Healthy != int(st.Generation) {
		l.Healthy = 0
	}
	return l
}

// run asks each generation, when it has served for a while and nobody waits.
func (t *tracker) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var gen, asked int
	var plan loaded.Plan // the newest
	warned := false
	for {
		wait := unhurried
		select {
		case <-ctx.Done():
			return
		case gen = <-t.served:
			asked = 0
			timer.Reset(t.first)
			continue
		case gen = <-t.urgent:
			wait = hurry
		case <-timer.C:
		}
		r := t.ask(ctx, gen, wait)
		if asked++; asked == 1 {
			timer.Reset(later)
		}
		if len(r.Threads) > 0 { // else what was loaded before is as good a guess as any
			plan = r.Plan(t.roots, t.home, plan, disk{})
			t.watcher.Follow(watch.Loaded{Files: plan.Files, Folders: plan.Folders, Since: plan.Since})
			t.report.Follows(gen, plan, r.Exact)
		}
		if a := t.adapters.Of(handoff.GenID(gen)); a != nil && len(r.Threads) == 0 && !warned {
			if pid, options := a.Missed(); pid != 0 {
				warned = true
				t.report.AdapterMissing(gen, pid, options)
			} else if pid := a.Barred(); pid != 0 {
				warned = true
				t.report.AdapterBarred(gen, pid)
			}
		}
		latest(t.reports, r)
	}
}

// ask asks a generation's threads; of one without adapters nothing is known.
func (t *tracker) ask(ctx context.Context, gen int, wait time.Duration) loaded.Report {
	r := loaded.Report{Gen: gen}
	a := t.adapters.Of(handoff.GenID(gen))
	if a == nil {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, wait+answerWithin)
	defer cancel()
	l := a.AskFiles(ctx, wait)
	r.Exact = l.Exact
	for _, thread := range slices.Concat(l.Threads, l.Past) {
		r.Threads = append(r.Threads, loaded.Thread{Began: thread.Began, Files: pathsOf(thread.Files)})
	}
	return r
}

func pathsOf(files []node.File) []string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return paths
}

// disk is the real one.
type disk struct{}

func (disk) Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (disk) Real(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// sift gives what of a batch is to be judged now.
func (t *tracker) sift(ctx context.Context, st supervisor.Status, batch []watch.Change) []watch.Change {
	l := t.now(st)
	byName := t.kept
	for _, c := range batch {
		byName[c.Path] = c
	}
	var changes []loaded.Change
	for _, path := range slices.Sorted(maps.Keys(byName)) {
		c := loaded.Change{File: path, Gone: true, Loaded: byName[path].Loaded}
		if info, err := os.Stat(path); err == nil {
			c.At, c.Gone = watch.ChangedAt(info), false
		}
		changes = append(changes, c)
	}
	now, kept, own := t.book.Sift(l, changes)
	t.ignore(BuildOutput, named(byName, own))
	if len(kept) > 0 && l.Phase == loaded.Serving {
		latest(t.urgent, l.Newest)
	}
	t.kept = map[string]watch.Change{}
	for _, c := range kept {
		t.kept[c.File] = byName[c.File]
	}
	if t.unloaded(l, now) {
		t.learn(t.ask(ctx, l.Healthy, hurry)) // by now it may have loaded one
		if t.unloaded(l, now) {
			t.ignore(NotLoaded, named(byName, now))
			return nil
		}
	}
	out := make([]watch.Change, len(now))
	for i, c := range now {
		out[i] = byName[c.File]
	}
	return out
}

func (t *tracker) ignore(why Reason, files []string) {
	if len(files) > 0 {
		t.report.Ignored(why, files)
	}
}

// named are changes as people are told of them.
func named(by map[string]watch.Change, changes []loaded.Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = by[c.File].Rel
	}
	return names
}

// unloaded tells whether all changes are of files that nobody has loaded.
func (t *tracker) unloaded(l loaded.Life, changes []loaded.Change) bool {
	if !t.only || len(changes) == 0 {
		return false
	}
	for _, c := range changes {
		if !t.book.Unloaded(l, c) {
			return false
		}
	}
	return true
}

// resift gives what was kept, as far as it can be decided now.
func (t *tracker) resift(ctx context.Context, st supervisor.Status) []watch.Change {
	if len(t.kept) == 0 {
		return nil
	}
	return t.sift(ctx, st, nil)
}

// learn takes in what a generation has told.
func (t *tracker) learn(r loaded.Report) {
	t.book.Learn(r.Named(t.roots, disk{}))
}
