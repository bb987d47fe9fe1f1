package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/node"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/loaded"
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

// librarian knows what the generations have loaded: it has the watcher follow that,
// and keeps from the program what does not concern it. sift and resift are the
// forwarder's, the rest may be called from anywhere.
type librarian struct {
	say      lines
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

func newLibrarian(o options, say lines) *librarian {
	b := &librarian{
		say: say, only: o.onlyLoaded, first: o.probation + calm, served: make(chan int, 1), urgent: make(chan int, 1),
		kept: map[string]watch.Change{}, reports: make(chan loaded.Report, 1), stirred: make(chan struct{}, 1),
	}
	b.home, _ = os.UserHomeDir()
	b.roots = watchedRoots(o)
	return b
}

// watchedRoots are the folders that are watched whatever is loaded.
func watchedRoots(o options) []string {
	here, err := os.Getwd()
	if err != nil {
		return nil
	}
	var roots []string
	for _, path := range o.watch {
		if !strings.ContainsAny(path, "*?[{") {
			if !filepath.IsAbs(path) {
				path = filepath.Join(here, path)
			}
			roots = append(roots, filepath.Clean(path))
		}
	}
	return append(roots, here)
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

// notice keeps the books of generations' lives, then passes n on.
func (b *librarian) notice(tell func(any)) func(any) {
	return func(n any) {
		b.note(n)
		tell(n)
	}
}

func (b *librarian) note(n any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	newer := func(gen supervisor.GenID, phase loaded.Phase, healthy int) {
		b.life.Healthy = healthy
		if int(gen) >= b.life.Newest {
			b.life.Newest, b.life.Phase = int(gen), phase
		}
	}
	switch n := n.(type) {
	case supervisor.NoticeServing:
		newer(n.Gen, loaded.Serving, int(n.Gen))
		latest(b.served, int(n.Gen))
	case supervisor.NoticeNotListening:
		if n.Waits {
			return // it still boots
		}
		newer(n.Gen, loaded.Serving, 0)
		latest(b.served, int(n.Gen))
	case supervisor.NoticeFailed:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeCrashed:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeFinished:
		newer(n.Gen, loaded.Failed, 0)
	case supervisor.NoticeRolledBack:
		newer(n.Gen, loaded.Failed, 0)
		latest(b.served, int(n.To))
	default:
		return
	}
	latest(b.stirred, struct{}{})
}

// now is the life as the newest status has it: one that boots is known by that only.
func (b *librarian) now(st supervisor.Status) loaded.Life {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.life
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
func (b *librarian) run(ctx context.Context) {
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
		case gen = <-b.served:
			asked = 0
			timer.Reset(b.first)
			continue
		case gen = <-b.urgent:
			wait = hurry
		case <-timer.C:
		}
		r := b.ask(ctx, gen, wait)
		if asked++; asked == 1 {
			timer.Reset(later)
		}
		if len(r.Threads) > 0 { // else what was loaded before is as good a guess as any
			plan = r.Plan(b.roots, b.home, plan, disk{})
			b.watcher.Follow(watch.Loaded{Files: plan.Files, Folders: plan.Folders, Since: plan.Since})
			b.say.follows(gen, plan, r.Exact)
		}
		if a := b.adapters.Of(handoff.GenID(gen)); a != nil && len(r.Threads) == 0 && !warned {
			if pid, options := a.Missed(); pid != 0 {
				warned = true
				b.say.missed(gen, pid, options)
			} else if pid := a.Barred(); pid != 0 {
				warned = true
				b.say.barred(gen, pid)
			}
		}
		latest(b.reports, r)
	}
}

// ask asks a generation's threads; of one without adapters nothing is known.
func (b *librarian) ask(ctx context.Context, gen int, wait time.Duration) loaded.Report {
	r := loaded.Report{Gen: gen}
	a := b.adapters.Of(handoff.GenID(gen))
	if a == nil {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, wait+answerWithin)
	defer cancel()
	l := a.AskFiles(ctx, wait)
	r.Exact = l.Exact
	for _, t := range slices.Concat(l.Threads, l.Past) {
		r.Threads = append(r.Threads, loaded.Thread{Began: t.Began, Files: pathsOf(t.Files)})
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
func (b *librarian) sift(ctx context.Context, st supervisor.Status, batch []watch.Change) []watch.Change {
	l := b.now(st)
	byName := b.kept
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
	now, kept, own := b.book.Sift(l, changes)
	b.say.passedOver("the program's own build made it", named(byName, own))
	if len(kept) > 0 && l.Phase == loaded.Serving {
		latest(b.urgent, l.Newest)
	}
	b.kept = map[string]watch.Change{}
	for _, c := range kept {
		b.kept[c.File] = byName[c.File]
	}
	if b.unloaded(l, now) {
		b.learn(b.ask(ctx, l.Healthy, hurry)) // by now it may have loaded one
		if b.unloaded(l, now) {
			b.say.passedOver("nobody has loaded it", named(byName, now))
			return nil
		}
	}
	out := make([]watch.Change, len(now))
	for i, c := range now {
		out[i] = byName[c.File]
	}
	return out
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
func (b *librarian) unloaded(l loaded.Life, changes []loaded.Change) bool {
	if !b.only || len(changes) == 0 {
		return false
	}
	for _, c := range changes {
		if !b.book.Unloaded(l, c) {
			return false
		}
	}
	return true
}

// resift gives what was kept, as far as it can be decided now.
func (b *librarian) resift(ctx context.Context, st supervisor.Status) []watch.Change {
	if len(b.kept) == 0 {
		return nil
	}
	return b.sift(ctx, st, nil)
}

// learn takes in what a generation has told.
func (b *librarian) learn(r loaded.Report) {
	b.book.Learn(r.Named(b.roots, disk{}))
}
