package changes

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

const (
	// afterProbation is the time from the end of probation until a generation is asked what it has loaded. After
	// askAgain it is asked once more, for what it loads with its first requests, and for as long as a thread does not
	// answer.
	afterProbation = 500 * time.Millisecond
	askAgain       = 15 * time.Second
)

// tracker knows which files the generations have loaded. The watcher follows these, and tracker drops changes that do
// not concern the generation that serves.
type tracker struct {
	Config                       // constant
	adapters *adapters.Transport // nil: there are no adapters to ask
	python   *python.Runtime
	watcher  *watch.Watcher
	roots    []string // of the watcher
	home     string
	first    time.Duration // from serving until the first question
	again    time.Duration // until the next one

	checked atomic.Int64 // the generation whose processes compile what has changed

	index atomic.Pointer[index] // of the newest answer
}

func newTracker(cfg Config, w *watch.Watcher) *tracker {
	t := &tracker{Config: cfg, watcher: w, first: cfg.Probation + afterProbation, again: askAgain}
	t.index.Store(&index{})
	t.home, _ = os.UserHomeDir()
	for _, path := range cfg.watched() {
		t.roots = append(t.roots, filepath.Clean(regular.Absolute(path, cfg.Root)))
	}
	t.roots = append(t.roots, cfg.Root)
	return t
}

// run asks each generation when it has served for a while, until ctx ends. A process that computes answers later.
func (t *tracker) run(ctx context.Context, s Supervisor) {
	var due <-chan time.Time          // when the next question is
	var now life                      // which is asked
	var again bool                    // it was asked
	var newest watch.Loaded           // that is followed
	var told bool                     // of a process without an adapter
	var server string                 // that the user has heard of
	var failure *report.FailureStatus // nil: none, or its missing module is followed, too
	follow := func() {
		all := newest
		if failure != nil {
			all.Files = slices.Concat(all.Files, missing(failure.Last, watch.Namer(t.roots)))
		}
		t.watcher.Follow(all)
	}
	for {
		st := s.Status()
		if st.Failure != failure {
			failure = st.Failure
			follow()
		}
		if l := lifeOf(st); l.gen != 0 && (l.gen != now.gen || l.early != now.early) {
			now, again = l, false
			due = time.After(t.first)
		}
		select {
		case <-ctx.Done():
			return
		case <-st.Changed:
			continue
		case <-due:
		}
		c := t.ask(ctx, now.gen)
		if !again || c.partial {
			again = true
			due = time.After(t.again)
		}
		if len(c.loaded)+len(c.read)+len(c.python) > 0 { // else the files of the last generation are the best guess
			if !now.early { // else they are, too
				newest = c.follows(t.roots, t.home, newest)
				follow()
			}
			if c.server != "" && c.server != server {
				server = c.server
				t.Report.OwnReload(server, nil)
			}
			t.Report.Follows(now.gen, max(len(newest.Files), len(c.read)+len(c.python)), newest.Folders, c.unsure)
		} else if a := t.adapters.Of(handoff.GenID(now.gen)); a.Wire != nil && !told {
			pid, options := node.WithoutAdapter(a.Tree(), a.Wire.Path)
			told = pid != 0
			if told {
				t.Report.AdapterMissing(now.gen, pid, options)
			}
		}
		t.index.Store(newIndex(c))
	}
}

// ask asks a generation's threads, and reads what its other processes have reported. It returns nothing of a generation
// without adapters.
func (t *tracker) ask(ctx context.Context, gen int) (c code) {
	c.unsure = "it has no adapters"
	a := t.adapters.Of(handoff.GenID(gen))
	if a.Wire == nil {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, wait.Reply)
	defer cancel()
	procs, err := standby.ReadProcesses(a.Tree()) // before: a process that begins later reads what is there then
	name := watch.Namer(t.roots)                  // as the watcher does
	var l files.Loaded
	if slices.ContainsFunc(procs, plan.Runs) || len(a.Files.Loaded().Threads) > 0 {
		l = a.Files.Ask(ctx)
	}
	c.partial = l.Partial ||
		slices.ContainsFunc(procs, func(p standby.Process) bool { return plan.Connects(p) && mainOf(p, l) < 0 })
	for _, thread := range slices.Concat(l.Threads, l.Past) {
		if !thread.Answered {
			continue
		}
		if !thread.Began.IsZero() && (c.since.IsZero() || thread.Began.Before(c.since)) {
			c.since = thread.Began
		}
		if thread.Server != nil {
			c.server = thread.Server.Name
		}
		for _, f := range thread.Files {
			c.loaded = append(c.loaded, name(f.Path))
		}
		c.read = append(c.read, thread.Read...)
	}
	c.unsure = t.unsure(gen, procs, l, &c.python)
	if err != nil {
		c.unsure = err.Error()
	}
	for _, files := range []*[]string{&c.read, &c.python} {
		for i, file := range *files {
			(*files)[i] = name(file)
		}
		*files = standby.Unique(*files) // threads read the same
	}
	return c
}

// mainOf returns the index of a process's main thread, or -1.
func mainOf(p standby.Process, l files.Loaded) int {
	return slices.IndexFunc(l.Threads, func(t files.Snapshot) bool { return t.PID == p.PID && t.Thread == 0 })
}

// ledOnly reports whether the shell that became p by exec has only looked for p's program, as the shims of package
// managers do: what such a script runs reads no code of the project.
func (t *tracker) ledOnly(p standby.Process) bool {
	dirs := []string{t.Root, p.Dir}
	for _, text := range [][]string{t.Command, {"sh", "-c", p.Var("npm_lifecycle_script")}} {
		if standby.Stepped(text, standby.Scripts(standby.Named(dirs, text...)), true) != nil {
			return false
		}
	}
	return true
}

// unsure returns why the processes may have read more than they have reported. It adds to read what processes of other
// languages than Node's have reported.
func (t *tracker) unsure(gen int, procs []standby.Process, l files.Loaded, read *[]string) (why string) {
	if len(procs) == 0 {
		why = "no process is known"
	}
	single := standby.Stepped(t.Command, standby.Scripts(standby.Named([]string{t.Root}, t.Command...)),
		true) == nil
	for _, p := range procs {
		starts := launchers.Of(p.Package()).Starts // one process, which lives: what has ended ran before it
		q := process{Process: p, starts: p.Leads() || starts, waited: p.Waited &&
			!(starts && t.ledOnly(p))}
		if i := mainOf(p, l); i >= 0 {
			q.reported = l.Exact
			// What a dev server has run, as for a page's styles, it runs anew.
			ran := l.Threads[i].Faults != p.Faults
			if s := l.Threads[i].Server; s != nil {
				ran = s.Ran
			}
			q.waited = p.Waited && (ran || !t.ledOnly(p))
		}
		if t.python != nil {
			files, all, waited := t.python.Read(handoff.GenID(gen), p)
			for _, file := range files {
				*read = append(*read, regular.Real(file))
			}
			if all {
				// Its command may have run something before, but for a version manager's script.
				root := !slices.ContainsFunc(procs, func(o standby.Process) bool { return o.PID == p.PPID })
				q.reported, q.waited = true, waited || p.Waited && !(root && single)
			}
		}
		why = cmp.Or(why, q.unsure())
	}
	return cmp.Or(why, l.Bundles())
}

// drops reports whether the changes do not concern the program. It asks the program if they seem not to: the program
// may have loaded one by now.
func (t *tracker) drops(ctx context.Context, l life, changes []watch.Change) bool {
	if !l.healthy || !t.unread(changes) {
		return false
	}
	t.index.Store(newIndex(t.ask(ctx, l.gen)))
	return t.unread(changes)
}

// unread reports whether no process has read any of the changed files. A file that the configuration names counts as
// read, and one that is new or gone, because a process may have listed the folder, and one that is or was a symbolic
// link: Node names what it has loaded by the file to which the link led. Where commands run before every start, each
// file does: the commands may read it.
func (t *tracker) unread(changes []watch.Change) bool {
	index, name := t.index.Load(), watch.Namer(t.roots)
	return len(changes) > 0 && !slices.ContainsFunc(changes, func(c watch.Change) bool {
		return c.Why == rules.Loaded || c.Why == rules.Package || c.Named || c.Linked || !c.Written ||
			!exists(c.Path) || t.Steps.reads(c.Path) || !index.unread(c.Path) || name(regular.Real(c.Path)) != c.Path
	})
}
