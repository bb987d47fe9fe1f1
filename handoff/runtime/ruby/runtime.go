package ruby

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// Runtime has each generation's Ruby processes report what they load, and prepares
// standbys of Ruby programs.
type Runtime struct{ *modules.Transport }

// New returns the runtime, whose reports are in folders of tmp.
func New(tmp *scratch.Folder) Runtime { return Runtime{modules.New(config, tmp)} }

var isRuby = regexp.MustCompile(`^ruby[\d.]*$`).MatchString

// Rules: every Ruby process is held. Only npm and the like may lead to the program.
func (Runtime) Rules() standby.Rules {
	return standby.Rules{Name: "Ruby", IsMain: isRuby, IsLauncher: standby.Process.RunsPackages}
}

// Inspect returns what the main process has reported.
func (r Runtime) Inspect(_ context.Context, gen handoff.GenID, tree func() []int) (standby.Program, []standby.Process, error) {
	report, pid, procs, err := modules.Inspect(r.Transport, gen, tree(), isRuby, read)
	return program{report, pid}, procs, err
}

// Program returns what one process has reported.
func (r Runtime) Program(gen handoff.GenID, pid int) (standby.Program, error) {
	report, err := modules.Read(r.Transport, gen, pid, read)
	return program{report, pid}, err
}

// Read returns the project's code that a process has run. bootsnap has Ruby run code that is not
// reported.
func (r Runtime) Read(gen handoff.GenID, p standby.Process) (files []string, all, waited bool) {
	report, err := modules.Read(r.Transport, gen, p.PID, read)
	all = err == nil && !report.More && !report.Missed && !modules.Replaced(p.Argv, report.Argv, isRuby) && r.Writes(gen, p.PID) && !slices.ContainsFunc(report.Has, func(file string) bool { return strings.Contains(file, "/bootsnap") })
	return append(report.project(), report.Read...), all, report.Faults != p.Faults
}

type program struct {
	report
	pid int
}

func (program) Runtime() string { return "ruby" }
func (p program) PID() int      { return p.pid }

func (p program) Key() string { return p.Version + "\x00" + strings.Join(p.Argv, "\x00") }

func (p program) Names([]standby.Process) (words, dirs []string) { return nil, []string{p.Dir} }

func (p program) Rereads(file string) bool {
	return filepath.Base(file) == "config.ru" || slices.Contains(p.project(), file)
}

var skipping = regexp.MustCompile(`^-[wWvlnpasc0-9]*x`)

// skips reports whether Ruby has the option -x: a standby would read what precedes the
// program in its file as part of the program.
func skips(argv []string) bool {
	for _, arg := range argv[min(1, len(argv)):] {
		if !strings.HasPrefix(arg, "-") || skipping.MatchString(arg) {
			return strings.HasPrefix(arg, "-")
		}
	}
	return false
}

// Spec returns what a standby loads, and what makes it stale.
func (p program) Spec(q standby.Request) (standby.Spec, error) {
	plan, err := p.makePlan()
	if err != nil && !errors.Is(err, errBare) {
		return standby.Spec{}, err
	}
	if skips(q.Path[len(q.Path)-1].Argv) {
		return standby.Spec{}, errors.New("the beginning of its script is skipped (-x)")
	}
	loads := plan.Load
	packages := standby.Grouped(loads, p.gemOf, nil)
	choice := q.Choose(packages, p.sets(), nil)
	plan.Load = slices.DeleteFunc(slices.Clone(loads), func(file string) bool { return !q.Loads(choice, p.gemOf(file)) })
	plan.Barred, plan.Rehearse = choice.Barred(q.Rehearse), q.Rehearse
	text, err := plan.encode()
	if err != nil {
		return standby.Spec{}, err
	}
	files := p.settings()
	files.Take(p.Roots...)
	files.Take(loads...)
	if script := p.script(); script != "" && !p.Reads {
		files.Take(script)
	}
	spec := standby.Spec{Variable: HoldVariable, Plan: text, Files: files, Settings: p.settings, Packages: packages, Choice: choice}
	if len(plan.Load) > 0 {
		spec.Validate = p.validator(plan.Load)
	}
	return spec, nil
}

// validator returns what says why loaded files would differ from what the program would
// load now.
func (p program) validator(load []string) func(missing []string) error {
	sources, shadows, modes := standby.FileStates{}, p.shadows(), map[string]string{}
	sources.Take(p.project()...)
	for _, name := range []string{"config.ru", "config/puma.rb", "config/puma/development.rb"} { // are not loaded as files
		sources.Take(filepath.Join(p.Dir, name))
	}
	if len(p.given()) > 0 {
		for path := range sources {
			modes[path] = mode(path)
		}
	}
	return func(missing []string) error {
		if err := p.shadowed(load, missing, shadows); err != nil {
			return err
		}
		for _, path := range sources.Changed() {
			if err := early(path); err != nil {
				return err
			}
			if was, ok := modes[path]; ok && mode(path) != was {
				return fmt.Errorf("%s may set RACK_ENV to another value", path)
			}
		}
		return nil
	}
}

// Files that say which gems a program has and how it is run.
var settings = []string{"Gemfile", "Gemfile.lock", "gems.rb", "gems.locked", "*.gemspec", ".ruby-version", ".tool-versions", ".env*", ".rubyopt"}

// settings are those of the working directory and of all folders above.
func (r report) settings() standby.FileStates { return standby.Settings(r.Dir, settings) }

// shadows are the names of files in the project's folders of $LOAD_PATH.
func (r report) shadows() map[string]bool {
	out := map[string]bool{}
	for _, dir := range r.Path {
		if r.isProject(dir + "/") {
			for _, path := range standby.Entries(dir, "") {
				out[strings.TrimSuffix(filepath.Base(path), ".rb")] = true
			}
		}
	}
	return out
}

// shadowed says which file of the project Ruby would find now instead of a loaded one, or
// of one that was looked for in vain.
func (r report) shadowed(load, missing []string, before map[string]bool) error {
	now := r.shadows()
	for _, name := range missing {
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
