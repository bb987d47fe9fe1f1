package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const (
	patience = 5 * time.Second  // for a moment in which a generation answers no request
	atMost   = 10 * time.Second // for its answer
	silent   = 2 * time.Second  // until its main process tells of itself
	again    = 250 * time.Millisecond
)

// ErrNone says that a generation is not Node's, as far as is known.
var ErrNone = errors.New("no Node process of the project tells what it has loaded")

// HoldVariable is the path of a standby's folder.
const HoldVariable = "HOTSWAP_HOLD"

// Warmer makes standbys of Node programs.
type Warmer struct {
	adapters func(handoff.GenID) *Adapters // nil: it has none
	skip     func(pkg string) bool         // what the user does not want to be loaded ahead
	steers   bool                          // two generations may listen for their debuggers at one port
	book     *standby.Book

	mu   sync.Mutex             // guards what follows
	made draft                  // what the next standby is made by
	warm map[handoff.GenID]plan // of generations that were standbys
}

// draft is what Learn has found out.
type draft struct {
	facts   facts
	packed  map[string]string // name → folder of the packages
	own     []string          // names of packages that are code of the project
	earlier plan              // by which the generation was made itself
	waited  bool              // a process of the way has waited for children
	dirs    []string          // whose settings count
	files   []string          // that must not change
	told    []string          // likewise: they are named on the way to the program
	later   []string          // the project's, that it has loaded itself
}

// NewWarmer makes a warmer, whose standbys' folders are in tmp. The user's list has packages that are not to be loaded ahead.
// A program that listens for its debugger has a standby only if the port can be
// steered.
func NewWarmer(adapters func(handoff.GenID) *Adapters, tmp *scratch.Folder, skip []string, steers bool) *Warmer {
	return &Warmer{
		adapters: adapters, steers: steers, book: standby.NewBook(tmp), warm: map[handoff.GenID]plan{},
		skip: func(pkg string) bool { return slices.Contains(skip, pkg) },
	}
}

// Inspect finds out from a generation that serves what a standby holds and loads.
func (w *Warmer) Inspect(ctx context.Context, gen handoff.GenID, pid int, tree func() []int) error {
	adapters := w.adapters(gen)
	if adapters == nil {
		return fmt.Errorf("it has no adapter: %w", ErrNone)
	}
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	thread, procs, err := find(ctx, adapters, tree)
	if err != nil {
		return err
	}
	if err := inNode.Eligible(procs, pid, thread.PID); err != nil {
		return err
	}
	return w.LearnFrom(gen, thread, standby.Way(procs, pid, thread.PID)...)
}

// find asks until the main thread is among those that answer: a process that accepts
// no connection itself, as the first of a cluster, tells of itself after a second.
func find(ctx context.Context, adapters *Adapters, tree func() []int) (Thread, []standby.Process, error) {
	for began := time.Now(); ; {
		loaded := adapters.AskFiles(ctx, patience)
		procs, err := standby.Look(tree())
		if err != nil {
			return Thread{}, nil, err
		}
		if thread, ok := mainThread(loaded.Threads, procs); ok {
			return thread, procs, nil
		}
		if ctx.Err() != nil || time.Since(began) > silent {
			return Thread{}, nil, ErrNone
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// LearnFrom is Learn of a process that may be held, the last of those that lead to
// it.
func (w *Warmer) LearnFrom(gen handoff.GenID, thread Thread, way ...standby.Process) error {
	d, err := draw(thread, way)
	if err != nil {
		return err
	}
	for option := range options(d.facts.options) {
		if !w.steers && option == "--inspect" {
			return errors.New("its debugger's port is in use as long as it runs")
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d.earlier = w.warm[gen]
	w.made = d
	return nil
}

// mainThread is that of the project's uppermost process.
func mainThread(threads []Thread, procs []standby.Process) (Thread, bool) {
	byPID := map[int]standby.Process{}
	for _, p := range procs {
		byPID[p.PID] = p
	}
	var found []Thread
	for _, t := range threads {
		// Who has NODE_UNIQUE_ID is a worker of a cluster, whose main one has not told yet.
		if p, ok := byPID[t.PID]; ok && t.Thread == 0 && t.Main != "" && !isTool(t.Main) && p.Var("NODE_UNIQUE_ID") == "" {
			if !slices.ContainsFunc(threads, func(o Thread) bool { return o.PID != t.PID && !isTool(o.Main) && standby.Below(byPID, p, o.PID) }) {
				found = append(found, t)
			}
		}
	}
	if len(found) != 1 {
		return Thread{}, false
	}
	return found[0], true
}

// inNode holds every Node process that is no tool, whose file the adapter knows.
var inNode = standby.Runtime{
	Name: "Node", Is: handoff.IsNode,
	Leads:  func(p standby.Process) bool { return handoff.IsNode(p.Name()) && !loadsProject(p) && !watches(p) },
	Alone:  isAlone,
	Starts: func(command string) bool { return handoff.IsNode(command) || slices.Contains(alone, command) },
}

// alone are packages, and their commands, that start the program and nothing else.
var alone = []string{"tsx", "ts-node", "ts-node-esm", "cross-env", "env-cmd", "dotenv-cli", "dotenv", "@dotenvx/dotenvx", "dotenvx"}

func isAlone(p standby.Process) bool {
	if !handoff.IsNode(p.Name()) || len(p.Argv) < 2 {
		return false
	}
	file := abs(p.Argv[1], p.Dir)
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	return slices.Contains(alone, packageOf(file))
}

// watches tells of node --watch, which would start what waits anew at each save.
func watches(p standby.Process) bool {
	for option := range options(p.Argv[min(1, len(p.Argv)):]) {
		if strings.HasPrefix(option, "--watch") {
			return true
		}
		if !strings.HasPrefix(option, "-") {
			return false
		}
	}
	return false
}

// loadsProject tells of code of the project on Node's command line, which runs before
// the adapter knows for what.
func loadsProject(p standby.Process) bool {
	for option, value := range options(p.Argv[min(1, len(p.Argv)):]) {
		switch option {
		case "--require", "-r", "--import", "--loader", "--experimental-loader":
			if isProject(value, p.Dir) {
				return true
			}
		}
		if !strings.HasPrefix(option, "-") {
			return false
		}
	}
	return false
}

// tool is what package managers run; the adapter knows the same.
var tool = regexp.MustCompile(`[\\/](node_modules|corepack|\.yarn)[\\/]`)

func isTool(file string) bool { return tool.MatchString(file) }

// draw collects what a plan is made of.
func draw(thread Thread, way []standby.Process) (draft, error) {
	main := way[len(way)-1]
	options := append(split(main.Var("NODE_OPTIONS")), thread.ExecArgv...)
	d := draft{facts: facts{thread: thread, exe: main.Exe, options: options, dir: main.Dir}, packed: map[string]string{}}
	d.dirs = []string{filepath.Dir(thread.Main)}
	texts := slices.Clone(options)
	for _, p := range way {
		d.dirs = append(d.dirs, p.Dir)
		texts = append(texts, p.Texts()...)
		d.waited = d.waited || p.Waited
	}
	texts = append(texts, main.Var("TSX_TSCONFIG_PATH"), main.Var("TS_NODE_PROJECT"))
	d.dirs = unique(d.dirs)
	d.files = []string{main.Exe}
	var folders []string // of the project's files
	for _, f := range thread.Files {
		if dir, name := packageDir(f.Path); name != "" {
			d.packed[name] = dir
			d.files = append(d.files, f.Path)
		} else {
			d.files = append(d.files, filepath.Join(filepath.Dir(f.Path), "package.json"))
			folders = append(folders, filepath.Dir(f.Path))
			d.later = append(d.later, f.Path)
		}
	}
	for _, option := range options {
		if file, ok := cutAny(option, "--env-file=", "--env-file-if-exists="); ok { // it may not be there
			d.files = append(d.files, abs(file, main.Dir))
		}
	}
	d.told = d.named(texts...)
	configs := slices.Clone(d.told)
	for path := range settingsOf(d.dirs) {
		configs = append(configs, path)
	}
	d.files = append(d.files, extended(configs)...)
	d.own = ownNames(unique(folders))
	_, err := makePlan(d.facts, func(string) bool { return false })
	if errors.Is(err, errLoaderOnly) {
		err = nil
	}
	return d, err
}

// named are the files that the texts name, but for those of the project that will be
// read when the standby goes.
func (d draft) named(texts ...string) []string {
	return slices.DeleteFunc(standby.Named(d.dirs, texts...), func(path string) bool {
		real, err := filepath.EvalSymlinks(path)
		return err == nil && (slices.Contains(d.later, real) || slices.Contains(d.later, path))
	})
}

// Prepare adds to the launch what makes the program wait.
func (w *Warmer) Prepare(l *handoff.Launch) (*standby.Standby, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.made
	if d.facts.thread.Main == "" {
		return nil, errors.New("nothing is known of a generation")
	}
	p, err := w.planLocked(d)
	if err != nil {
		return nil, err
	}
	files := settingsOf(d.dirs)
	files.Take(d.files...)
	named := append(d.named(l.Argv...), d.told...)
	if err := standby.Scripts(named); err != nil {
		return nil, err
	}
	if d.waited {
		if err := standby.Stepped(l.Argv, named); err != nil {
			return nil, err
		}
	}
	files.Take(named...)
	return w.book.Hold(l, standby.Order{
		Variable: HoldVariable, Plan: p, Bare: len(p.Load) == 0,
		Prepares: p.links(),
		Files:    files, Settings: func() standby.Stamps { return settingsOf(d.dirs) }, Went: func() { w.went(l.Gen, p) },
	})
}

// planLocked makes the plan of the next standby, by what was learned.
func (w *Warmer) planLocked(d draft) (plan, error) {
	found, all := w.book.Barred()
	named := func(pkg string) bool { return slices.Contains(found, pkg) || w.skip(pkg) }
	// What needs a package of the workspace would run code of the project.
	needing := dependents(d.packed, func(pkg string) bool { return named(pkg) || slices.Contains(d.own, pkg) })
	barred := func(pkg string) bool { return needing[pkg] || named(pkg) }
	p, err := makePlan(d.facts, barred)
	if errors.Is(err, errLoaderOnly) || err == nil && all {
		p.Load = []item{}
		return p, nil
	}
	if err != nil {
		return p, err
	}
	// A generation that was a standby has loaded these before its main module.
	var first []item
	for _, x := range d.earlier.Load {
		if !barred(packageOf(x.File)) {
			first = append(first, x)
		}
	}
	p.Load = slices.Concat(first, slices.DeleteFunc(p.Load, func(x item) bool {
		return slices.ContainsFunc(first, func(y item) bool { return x.File == y.File })
	}))
	if p.Load == nil {
		p.Load = []item{}
	}
	return p, nil
}

// went notes that a generation was a standby.
func (w *Warmer) went(gen handoff.GenID, p plan) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for old := range w.warm {
		if old+100 < gen {
			delete(w.warm, old)
		}
	}
	w.warm[gen] = p
}
