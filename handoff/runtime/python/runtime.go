package python

import (
	"context"
	"embed"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Runtime has each generation's Python processes report what they load, and prepares
// standbys of Python programs.
type Runtime struct {
	*reports.Transport
	run []string // files of the project that a standby imports
}

// New returns the runtime, whose reports are in the folders of the generations' adapters. A standby imports those files
// of the project that are in run, if the program does.
func New(folder func(handoff.GenID) string, run ...string) Runtime {
	return Runtime{reports.New(config, folder), standby.Real(run...)}
}

var name = lazy.Pattern(`^(python|pypy)[\d.]*t?$`)

func isPython(exe string) bool { return name().MatchString(exe) }

// Rules: every Python process is held but launchers, which sitecustomize.py ignores, and those that read no environment
// (-I, -E). So only a launcher may lead to the program.
func (Runtime) Rules() standby.Rules {
	return standby.Rules{Name: "Python", IsMain: isPython, IsLauncher: func(p standby.Process) bool {
		return isPython(p.Name()) && len(p.Argv) > 1 && launchers.Named(filepath.Base(p.Argv[1])).Twice ||
			p.RunsPackages()
	}}
}

// Inspect returns what the main process has reported.
func (r Runtime) Inspect(_ context.Context, gen handoff.GenID, tree func() []int) (standby.Program, []standby.Process,
	error) {
	report, pid, procs, err := reports.Inspect(r.Transport, gen, tree(), read)
	return program{report, pid, r.run}, procs, err
}

// Program returns what one process has reported.
func (r Runtime) Program(gen handoff.GenID, pid int) (standby.Program, error) {
	report, err := reports.Read(r.Transport, gen, pid, read)
	return program{report, pid, r.run}, err
}

// Read returns the project's code that a process has read, as modules or as text: it reports code before it reads it.
// all reports whether it has read no other; false also for a process of another runtime. waited reports whether it has
// waited for a child since Python began, as far as that is known.
func (r Runtime) Read(gen handoff.GenID, p standby.Process) (files []string, all, waited bool) {
	report, err := reports.Read(r.Transport, gen, p.PID, read)
	return report.Read, err == nil && report.More == "" && !replaced(p.Argv, report.Argv) &&
		r.Writes(gen, p.PID), report.Faults != p.Faults
}

// replaced reports whether a process runs another program than the one that has reported its arguments: execve(2) keeps
// the process, and what it begins has no adapter (os.execv). argv is the process's, as the kernel has it; a process
// that has given itself a title (celery) does not begin with Python's name.
func replaced(argv, reported []string) bool {
	if len(argv) == 0 || !isPython(filepath.Base(argv[0])) {
		return false
	}
	// by 3.9, without the module or the code
	if len(reported) > 0 && (reported[0] == "-m" || reported[0] == "-c") {
		reported = reported[1:]
	}
	before := len(argv) - len(reported)
	return before < 0 || !slices.Equal(argv[before:], reported)
}

type program struct {
	report
	pid int
	run []string // files of --standby-run
}

func (p program) PID() int { return p.pid }

// Key has what a rehearsal looks for besides: what it has shown holds only where that is the same.
func (p program) Key() string {
	plan, _ := p.makePlan()
	plan.Dists = p.dists()
	return strings.Join(append([]string{"python", p.Version, strings.Join(plan.flags(), " "), strings.Join(plan.Env, " ")},
		p.Argv...), "\x00")
}

func (p program) Names([]standby.Process) (words, dirs []string) { return nil, []string{p.Dir} }

func (p program) Rereads(file string) bool {
	return p.isProject(file) && slices.ContainsFunc(p.Modules, func(m module) bool { return m.File == file })
}

var ignoring = lazy.Pattern(`^-[bBdiOPqRsuvx]*[IES]`)

// ignoresEnvironment reports whether a command is a Python that would not wait.
func ignoresEnvironment(argv []string) bool {
	if len(argv) == 0 || !isPython(filepath.Base(argv[0])) {
		return false
	}
	for _, arg := range argv[1:] {
		if !strings.HasPrefix(arg, "-") || ignoring().MatchString(arg) {
			return strings.HasPrefix(arg, "-")
		}
	}
	return false
}

// Spec returns what a standby loads, and what makes it stale.
func (p program) Spec(q standby.Request) (s standby.Spec, err error) {
	if ignoresEnvironment(q.Argv) {
		return s,
			errors.New("its Python reads no environment (-I, -E, -S): another process, which it became, has reported")
	}
	plan, err := p.makePlan()
	if err != nil {
		return s, err
	}
	loads := plan.Load
	var packages []standby.Package // one for each module
	for _, name := range loads {
		above := []string{strings.TrimSuffix(name, filepath.Ext(name))} // itself, where nothing is above it
		packages = append(packages, standby.Package{Name: name, Files: []string{plan.Known[name]}, Needs: above})
	}
	q.Project, q.Sets = plan.Barred, p.sets()
	choice := q.Known.Choose(packages, q.Question)
	plan.Load = slices.DeleteFunc(slices.Clone(loads), func(name string) bool { return !choice.Loads(name) })
	plan.Barred = append(q.Project, choice.Barred()...)
	plan.Rehearse, plan.Dists = q.Rehearse, p.dists()
	plan.Run, plan.Folders = p.runs(choice), p.folders()
	text, err := plan.encode()
	if err != nil {
		return s, err
	}
	files := p.settings()
	for _, site := range plan.Sites { // and those of environments and folders elsewhere
		files.Take(append(standby.Entries(site, ".pth"), site, filepath.Join(site, "../../../pyvenv.cfg"))...)
	}
	for _, name := range loads {
		files.Take(plan.Known[name])
	}
	files.Take(p.shadows(loads)...)
	files.Take(p.run...)
	return standby.Spec{Variable: StandbyVariable, Plan: text, Files: files, Settings: p.settings, Choice: choice}, nil
}

// runs returns the modules of --standby-run, by the names by which the program has imported them. It
// notes in the choice which files the program has not imported.
func (p program) runs(c standby.Choice) (names []string) {
	for _, file := range p.run {
		if filepath.Ext(file) != ".py" {
			continue // Node's
		}
		i := slices.IndexFunc(p.Modules, func(m module) bool {
			return m.Name != "__main__" && p.isProject(m.File) && standby.Real(m.File)[0] == file
		})
		if i < 0 {
			c.Left[file] = "is named by --standby-run, but the program does not import it"
			continue
		}
		names = append(names, p.Modules[i].Name)
	}
	return names
}

//go:embed site/*.py
var scripts embed.FS

// Variables that a Python process of the program gets, and removes.
const (
	Variable        = "HOTSWAP_PYTHON"      // the folder of its report
	StandbyVariable = "HOTSWAP_PYTHON_HOLD" // the folder of a standby
)

var config = reports.Config{
	Name: "python", Scripts: assets.New(scripts, "site", "python"), Variable: Variable, StandbyVariable: StandbyVariable,
	Loader:     "PYTHONPATH",
	Entry:      func(site string) string { return site },
	Separators: string(filepath.ListSeparator),
}
