package python

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// ErrNone says that no process of a generation is Python's, as far as is known.
var ErrNone = errors.New("no Python process tells what it has loaded")

// Warmer makes standbys of Python programs.
type Warmer struct {
	of   *modules.Transport
	skip []string // packages that the user does not want to be loaded ahead
	book *standby.Book

	mu   sync.Mutex // guards what follows
	made *report    // what the next standby is made by
	way  []standby.Process
}

// NewWarmer makes one of what a transport is told; its standbys' folders are in tmp.
func NewWarmer(t *modules.Transport, tmp *scratch.Folder, skip []string) *Warmer {
	return &Warmer{of: t, skip: skip, book: standby.NewBook(tmp)}
}

// pythons holds every Python process that is no tool which starts the program, or has
// been told to read nothing of the environment (-I, -E): only a tool may lead to the
// program. npm and its like do nothing else.
var pythons = standby.Runtime{Name: "Python", Is: isPython, Leads: func(p standby.Process) bool {
	return isPython(p.Name()) && len(p.Argv) > 1 && slices.Contains(tools, filepath.Base(p.Argv[1])) || p.RunsPackages()
}}

var (
	tools = []string{"poetry", "pipenv", "pdm", "hatch"} // sitecustomize.py passes over them
	name  = regexp.MustCompile(`^(python|pypy)[\d.]*t?$`)
)

func isPython(exe string) bool { return name.MatchString(exe) }

// Inspect finds out from a generation that serves what a standby holds and loads.
func (w *Warmer) Inspect(_ context.Context, gen handoff.GenID, pid int, tree func() []int) error {
	pids := tree()
	reports, err := modules.Reports(w.of, gen, pids, read)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return w.of.Missing(pids, isPython, ErrNone)
	}
	procs, err := standby.Look(pids)
	if err != nil {
		return err
	}
	main, ok := modules.Main(procs, reports)
	if !ok {
		return errors.New("it has several Python processes")
	}
	if err := pythons.Eligible(procs, pid, main.PID); err != nil {
		return err
	}
	return w.LearnFrom(gen, standby.Way(procs, pid, main.PID)...)
}

// LearnFrom is Learn of a process that may be held, the last of those that lead to
// it.
func (w *Warmer) LearnFrom(gen handoff.GenID, way ...standby.Process) error {
	main := way[len(way)-1]
	reports, err := modules.Reports(w.of, gen, []int{main.PID}, read)
	if err != nil {
		return err
	}
	r := reports[main.PID]
	if _, err := r.makePlan(nil); err != nil && !errors.Is(err, errBare) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made, w.way = &r, way
	return nil
}

var deafens = regexp.MustCompile(`^-[bBdiOPqRsuvx]*[IES]`)

// deaf tells of a command that is a Python which would not wait.
func deaf(argv []string) bool {
	if len(argv) == 0 || !isPython(filepath.Base(argv[0])) {
		return false
	}
	for _, arg := range argv[1:] {
		if !strings.HasPrefix(arg, "-") || deafens.MatchString(arg) {
			return strings.HasPrefix(arg, "-")
		}
	}
	return false
}

// Prepare adds to the launch what makes the program wait.
func (w *Warmer) Prepare(l *handoff.Launch) (*standby.Standby, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.made == nil {
		return nil, errors.New("nothing is known of a generation")
	}
	if deaf(l.Argv) {
		return nil, errors.New("its Python reads no environment (-I, -E, -S): it was another one, which it became, that told")
	}
	r := *w.made
	barred, all := w.book.Barred()
	p, err := r.makePlan(append(barred, w.skip...))
	if err != nil && !errors.Is(err, errBare) {
		return nil, err
	}
	if all {
		p.Load = nil
	}
	p.Dists = r.dists()
	text, err := p.encode()
	if err != nil {
		return nil, err
	}
	files := r.settings()
	named := r.named(w.way, l.Argv)
	if err := standby.Scripts(named); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.way, func(p standby.Process) bool { return p.Waited }) {
		if err := standby.Stepped(l.Argv, named); err != nil {
			return nil, err
		}
	}
	files.Take(named...)
	files.Take(w.way[len(w.way)-1].Exe)
	for _, site := range p.Sites { // and what is there of environments and of folders elsewhere
		files.Take(append(standby.Entries(site, ".pth"), site, filepath.Join(site, "../../../pyvenv.cfg"))...)
	}
	for _, name := range p.Load {
		files.Take(p.Known[name])
	}
	shadows := r.shadows()
	sources := standby.Stamps{}
	for _, m := range r.Modules {
		if r.isProject(m.File) {
			sources.Take(m.File)
		}
	}
	return w.book.Hold(l, standby.Order{
		Variable: HoldVariable, Plan: text, Bare: len(p.Load) == 0, Files: files, Settings: r.settings,
		Also: func(missed []string) error {
			if len(p.Load) == 0 {
				return nil
			}
			if err := p.shadowed(shadows, r.shadows(), missed); err != nil {
				return err
			}
			changed := sources.AllChanged()
			for _, path := range append(changed, r.untried(changed)...) {
				if err := early(path); err != nil {
					return err
				}
				if p.and(path) != p.minds {
					return fmt.Errorf("%s filters warnings now, or seeds random numbers", path)
				}
			}
			return nil
		},
	})
}

// named are the files that a command and the processes on its way name, but for
// those of the project that are read when the standby goes.
func (r report) named(way []standby.Process, argv []string) []string {
	texts, dirs := slices.Clone(argv), []string{r.Dir}
	for _, p := range way {
		texts, dirs = append(texts, p.Texts()...), append(dirs, p.Dir)
	}
	return slices.DeleteFunc(standby.Named(dirs, texts...), func(path string) bool {
		return r.isProject(path) && slices.ContainsFunc(r.Modules, func(m module) bool { return m.File == path })
	})
}
