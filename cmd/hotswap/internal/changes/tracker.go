package changes

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

const (
	// afterProbation is the time from the end of probation until a generation is asked what it has loaded. After askAgain
	// it is asked once more, for what it loads with its first requests.
	afterProbation = 500 * time.Millisecond
	askAgain       = 15 * time.Second
)

// tracker knows which files the generations have loaded. The watcher follows these, and tracker drops changes that do not
// concern the generation that serves.
type tracker struct {
	report   Reporter
	adapters *node.Transport // nil: there are no adapters to ask
	runtimes []runtime.Reader
	steps    *Steps
	watcher  *watch.Watcher
	roots    []string // of the watcher
	home     string
	command  []string
	first    time.Duration // from serving until the first question
	again    time.Duration // until the next one

	checked atomic.Int64 // the generation whose processes compile what has changed

	pages bool         // the report has Vite's pages; the forwarder's goroutine owns it
	index loaded.Index // of the newest answer; the forwarder's goroutine owns it

	// Of capacity 1.
	urgent  chan int           // a generation whose answer a change waits for
	reports chan loaded.Report // the newest answer
}

func newTracker(cfg Config, w *watch.Watcher) *tracker {
	t := &tracker{
		report: cfg.Report, steps: cfg.Steps, watcher: w, command: cfg.Command, first: cfg.Probation + afterProbation, again: askAgain,
		urgent: make(chan int, 1), reports: make(chan loaded.Report, 1),
	}
	t.home, _ = os.UserHomeDir()
	for _, path := range cfg.roots() {
		t.roots = append(t.roots, filepath.Clean(regular.Absolute(path, cfg.Root)))
	}
	t.roots = append(t.roots, cfg.Root)
	return t
}

// run asks each generation when it has served for a while, until ctx ends. A process that computes answers later.
func (t *tracker) run(ctx context.Context, s Supervisor) {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var gen int                       // that is asked
	var early bool                    // it may yet be booting
	var again bool                    // it was asked
	var newest loaded.Plan            // that is followed
	var told bool                     // of a process without an adapter
	var late <-chan struct{}          // closed when a thread answers late; nil: none will
	var failure *report.FailureStatus // nil: none, or its missing module is followed, too
	follow := func() {
		files := newest.Files
		if failure != nil {
			files = slices.Concat(files, loaded.Missing(failure.Output))
		}
		t.watcher.Follow(watch.Loaded{Files: files, Folders: newest.Folders, Since: newest.Since})
	}
	for {
		st := s.Status()
		if st.Failure != failure {
			failure = st.Failure
			follow()
		}
		if g, e := running(st); g != 0 && (g != gen || e != early) {
			gen, early, again, late = g, e, false, nil
			timer.Reset(t.first)
		}
		ask := (*node.Session).AskFiles
		select {
		case <-ctx.Done():
			return
		case <-st.Changed:
			continue
		case gen = <-t.urgent:
		case <-timer.C:
		case <-late:
			ask = answers
		}
		var r loaded.Report
		r, late = t.ask(ctx, gen, ask)
		r.Early = early
		if !again {
			again = true
			timer.Reset(t.again)
		}
		if len(r.Threads)+len(r.Read) > 0 { // else the files of the last generation are the best guess
			if !early { // else they are, too
				newest = r.Plan(t.roots, t.home, newest, disk{})
				follow()
			}
			t.report.Follows(gen, max(len(newest.Files), len(r.Read)), newest.Folders, r.Unsure)
		} else if !told {
			told = t.missing(gen)
		}
		latest(t.reports, r)
	}
}

// missing reports a process of the generation without an adapter, if there is one.
func (t *tracker) missing(gen int) bool {
	a := t.adaptersOf(gen)
	if a == nil {
		return false
	}
	pid, variable, options := a.WithoutAdapter()
	if pid != 0 {
		t.report.AdapterMissing(gen, pid, variable, options)
	}
	return pid != 0
}

func (t *tracker) adaptersOf(gen int) *node.Session {
	if t.adapters == nil {
		return nil
	}
	return t.adapters.Of(handoff.GenID(gen))
}

// answers returns the answers that have come.
func answers(a *node.Session, _ context.Context) node.Loaded { return a.Loaded() }

// ask asks a generation's threads, and reads what its other processes have reported. It returns nothing of a generation
// without adapters. late is closed when a thread answers; nil: no answer is due.
func (t *tracker) ask(ctx context.Context, gen int, ask func(*node.Session, context.Context) node.Loaded) (r loaded.Report, late <-chan struct{}) {
	r = loaded.Report{Gen: gen, Unsure: "it has no adapters"}
	a := t.adaptersOf(gen)
	if a == nil {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, wait.Reply)
	defer cancel()
	procs, err := standby.Look(a.Tree())   // before: a process that begins later reads what is there then
	names := loaded.Names(t.roots, disk{}) // as the watcher calls them
	var l node.Loaded
	if slices.ContainsFunc(procs, plan.Runs) || len(a.Loaded().Threads) > 0 {
		l = ask(a, ctx)
	}
	r.Partial = l.Partial || slices.ContainsFunc(procs, func(p standby.Process) bool { return plan.Connects(p) && mainOf(p, l) < 0 })
	if r.Partial {
		late = l.Next
	}
	for _, thread := range slices.Concat(l.Threads, l.Past) {
		if !thread.Told {
			continue
		}
		var paths []string
		for _, f := range thread.Files {
			paths = append(paths, names(f.Path))
			r.Vite = r.Vite || launchers.PackageOf(f.Path) == "vite" && launchers.PackageOf(thread.Main) == ""
		}
		r.Threads = append(r.Threads, loaded.Thread{Began: thread.Began, Files: paths})
		r.Read = append(r.Read, thread.Read...)
	}
	if err != nil {
		r.Unsure = err.Error()
	} else {
		r.Unsure = t.unsure(gen, procs, l, &r.Read)
	}
	for i, file := range r.Read {
		r.Read[i] = names(file)
	}
	r.Read = slices.Compact(slices.Sorted(slices.Values(r.Read))) // threads read the same
	return r, late
}

// mainOf returns the index of a process's main thread, or -1.
func mainOf(p standby.Process, l node.Loaded) int {
	return slices.IndexFunc(l.Threads, func(t node.Snapshot) bool { return t.PID == p.PID && t.Thread == 0 })
}

// ledOnly reports whether the shell that became p by exec has only looked for p's program, as the shims of package managers
// do: what such a script runs reads no code of the project.
func (t *tracker) ledOnly(p standby.Process) bool {
	dirs := append(slices.Clone(t.roots[len(t.roots)-1:]), p.Dir)
	for _, text := range [][]string{t.command, {"sh", "-c", p.Var("npm_lifecycle_script")}} {
		if standby.Stepped(text, standby.Scripts(standby.Named(dirs, text...)), true) != nil {
			return false
		}
	}
	return true
}

// unsure returns why the processes may have read more than they have reported. It adds to read what processes of other
// languages than Node's have reported.
func (t *tracker) unsure(gen int, procs []standby.Process, l node.Loaded, read *[]string) string {
	var all []loaded.Process
	single := standby.Stepped(t.command, standby.Scripts(standby.Named(t.roots[len(t.roots)-1:], t.command...)), true) == nil
	for _, p := range procs {
		starts := plan.Starts(p) // one process, which lives: what has ended ran before it
		q := loaded.Process{PID: p.PID, Name: p.Name(), Starts: p.Leads() || starts, Waited: p.Waited && !(starts && t.ledOnly(p))}
		if i := mainOf(p, l); i >= 0 {
			q.Reported = l.Exact
			q.Waited = p.Waited && !(l.Threads[i].Faults == p.Faults && t.ledOnly(p))
		}
		for _, r := range t.runtimes {
			files, all, waited := r.Read(handoff.GenID(gen), p)
			for _, file := range files {
				*read = append(*read, disk{}.Real(file))
			}
			if all {
				// Its command may have run something before, but for a version manager's script.
				root := !slices.ContainsFunc(procs, func(o standby.Process) bool { return o.PID == p.PPID })
				q.Reported, q.Waited = true, waited || p.Waited && !(root && single)
			}
		}
		all = append(all, q)
	}
	if why := loaded.Unsure(all); why != "" {
		return why
	}
	return l.Bundles()
}

// batch returns the changes that concern the program, and the paths of those that can be decided only when the newest
// generation serves or has answered.
func (t *tracker) batch(ctx context.Context, st report.Status, batch []watch.Change) (now []watch.Change, later map[string]bool) {
	life := phaseOf(st)
	var own []watch.Change
	later = map[string]bool{}
	for _, c := range batch {
		switch t.index.Classify(life, asIs(c)) {
		case loaded.Now:
			now = append(now, c)
		case loaded.Later:
			later[c.Path] = true
		case loaded.Own:
			own = append(own, c)
		}
	}
	t.ignore(BuildOutput, own)
	if len(later) > 0 && life.Phase == loaded.Serving {
		latest(t.urgent, life.Newest)
	}
	if t.drops(ctx, life, now) {
		t.ignore(NotLoaded, now)
		now = nil
	}
	for _, c := range now {
		if pages := t.index.Pages(t.roots[len(t.roots)-1], c.Path); pages != "" && !t.pages {
			t.pages = true
			t.report.Pages(pages)
		}
	}
	return now, later
}

// drops reports whether the changes do not concern the program, and asks it if they seem not to.
func (t *tracker) drops(ctx context.Context, life loaded.Life, changes []watch.Change) bool {
	guess := life
	if life.Healthy != 0 {
		guess.Healthy = t.index.Gen() // who has just begun to serve was not asked yet
	}
	if !t.unread(guess, changes) {
		return false
	}
	r, _ := t.ask(ctx, life.Healthy, (*node.Session).AskFiles) // it may have loaded one by now
	r.Early = life.Phase != loaded.Serving
	t.index.Set(r)
	return t.unread(life, changes)
}

// asIs returns a change with the present state of its file.
func asIs(c watch.Change) loaded.Change {
	l := loaded.Change{File: c.Path, Gone: true, Loaded: c.Loaded, Listed: c.Op != watch.Written, Named: c.Named}
	if info, err := os.Stat(c.Path); err == nil {
		l.At, l.Gone = watch.ChangedAt(info), false
	}
	return l
}

// unread reports whether no process has read any of the changed files, by this name or by that behind a symbolic link. A file
// that a rule names counts as read. Where commands run before every start, each file does: the commands may read it.
func (t *tracker) unread(life loaded.Life, changes []watch.Change) bool {
	return len(changes) > 0 && !slices.ContainsFunc(changes, func(change watch.Change) bool {
		c := asIs(change)
		if t.steps.reads(c.File) || !t.index.Unread(life, c) {
			return true
		}
		c.File = disk{}.Real(c.File)
		return !t.index.Unread(life, c)
	})
}

func (t *tracker) ignore(why Reason, changes []watch.Change) {
	if len(changes) > 0 {
		t.report.Ignored(why, names(changes))
	}
}

// disk is the operating system's, for package loaded.
type disk struct{}

func (disk) Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (disk) Real(path string) string { return regular.Real(path) }
