package ruby

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

// ErrNone says that no process of a generation is Ruby's, as far as is known.
var ErrNone = errors.New("no Ruby process tells what it has loaded")

// Warmer makes standbys of Ruby programs.
type Warmer struct {
	of   *modules.Transport
	skip []string // gems that the user does not want to be loaded ahead
	book *standby.Book

	mu   sync.Mutex // guards what follows
	made *report    // what the next standby is made by
	way  []standby.Process
}

// NewWarmer makes one of what a transport is told; its standbys' folders are in tmp.
func NewWarmer(t *modules.Transport, tmp *scratch.Folder, skip []string) *Warmer {
	return &Warmer{of: t, skip: skip, book: standby.NewBook(tmp)}
}

// rubies holds every Ruby process: only npm and its like may lead to the program.
var rubies = standby.Runtime{Name: "Ruby", Is: regexp.MustCompile(`^ruby[\d.]*$`).MatchString, Leads: standby.Process.RunsPackages}

// Inspect finds out from a generation that serves what a standby holds and loads.
func (w *Warmer) Inspect(_ context.Context, gen handoff.GenID, pid int, tree func() []int) error {
	pids := tree()
	reports, err := modules.Reports(w.of, gen, pids, read)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return w.of.Missing(pids, rubies.Is, ErrNone)
	}
	procs, err := standby.Look(pids)
	if err != nil {
		return err
	}
	main, ok := modules.Main(procs, reports)
	if !ok {
		return errors.New("it has several Ruby processes")
	}
	if err := rubies.Eligible(procs, pid, main.PID); err != nil {
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
	if skips(main.Argv) {
		return errors.New("the beginning of its script is passed over (-x)")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.made, w.way = &r, way
	return nil
}

var skip = regexp.MustCompile(`^-[wWvlnpasc0-9]*x`)

// skips tells of Ruby's option -x: what is before the program in its file would be
// read as part of it.
func skips(argv []string) bool {
	for _, arg := range argv[min(1, len(argv)):] {
		if !strings.HasPrefix(arg, "-") || skip.MatchString(arg) {
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
	r := *w.made
	barred, all := w.book.Barred()
	p, err := r.makePlan(append(barred, w.skip...))
	if err != nil && !errors.Is(err, errBare) {
		return nil, err
	}
	if all {
		p.Load = nil
	}
	named := r.named(w.way, l.Argv)
	if err := standby.Scripts(named); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.way, func(p standby.Process) bool { return p.Waited }) {
		if err := standby.Stepped(l.Argv, named); err != nil {
			return nil, err
		}
	}
	text, err := p.encode()
	if err != nil {
		return nil, err
	}
	files := r.settings()
	files.Take(named...)
	files.Take(w.way[len(w.way)-1].Exe)
	files.Take(r.Roots...)
	files.Take(p.Load...)
	if script := r.script(); script != "" && !r.Reads {
		files.Take(script)
	}
	sources, shadows := standby.Stamps{}, r.shadows()
	sources.Take(r.project()...)
	return w.book.Hold(l, standby.Order{
		Variable: HoldVariable, Plan: text, Bare: len(p.Load) == 0, Files: files, Settings: r.settings,
		Also: func(missed []string) error {
			if len(p.Load) == 0 {
				return nil
			}
			if err := r.shadowed(p.Load, missed, shadows); err != nil {
				return err
			}
			for _, path := range sources.AllChanged() {
				if err := early(path); err != nil {
					return err
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
	ours := r.project()
	return slices.DeleteFunc(standby.Named(dirs, texts...), func(path string) bool {
		return slices.Contains(ours, path) || filepath.Base(path) == "config.ru"
	})
}

// Files that say which gems a program has and how it is run.
var settings = []string{"Gemfile", "Gemfile.lock", "gems.rb", "gems.locked", "*.gemspec", ".ruby-version", ".tool-versions", ".env*", ".rubyopt"}

// settings are those of the working directory and of all above.
func (r report) settings() standby.Stamps { return standby.Settings(r.Dir, settings) }

// shadows are the names of files that the project's folders in $LOAD_PATH have.
func (r report) shadows() map[string]bool {
	out := map[string]bool{}
	for _, dir := range r.Path {
		if !r.isProject(dir + "/") {
			continue
		}
		for _, path := range standby.Entries(dir, "") {
			out[strings.TrimSuffix(filepath.Base(path), ".rb")] = true
		}
	}
	return out
}

// shadowed says which file of the project would be found now in place of one that is
// loaded, or that was looked for in vain.
func (r report) shadowed(load, missed []string, before map[string]bool) error {
	now := r.shadows()
	if len(now) == 0 {
		return nil
	}
	for _, name := range missed {
		if top, _, _ := strings.Cut(strings.TrimSuffix(name, ".rb"), "/"); now[top] {
			return fmt.Errorf("the project has a file %s", name)
		}
	}
	for _, file := range load {
		for _, dir := range r.Path {
			rest, ok := strings.CutPrefix(file, dir+"/")
			name, _, _ := strings.Cut(rest, "/")
			name = strings.TrimSuffix(name, ".rb")
			if ok && now[name] && !before[name] {
				return fmt.Errorf("the project has a file %s now", name)
			}
		}
	}
	return nil
}
