package node

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// program is the main process of a generation.
type program struct {
	runtime *Runtime
	thread  Snapshot
	earlier plan              // by which the generation itself was loaded
	packed  map[string]string // name → folder of the packages
	sources []string          // files of the project
	early   []string          // those of them that were loaded before the main module
	files   []string          // that must not change
}

// Program returns what a generation's main thread has loaded.
func (r *Runtime) Program(gen handoff.GenID, thread Snapshot) standby.Program {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := program{runtime: r, thread: thread, earlier: r.warm[gen], packed: map[string]string{}}
	main := slices.IndexFunc(thread.Files, func(f File) bool { return f.Path == thread.Main })
	for i, f := range thread.Files {
		if dir, name := packageDir(f.Path); name != "" {
			p.packed[name] = dir
			p.files = append(p.files, f.Path)
		} else {
			p.files = append(p.files, filepath.Join(filepath.Dir(f.Path), "package.json"))
			p.sources = append(p.sources, f.Path)
			if i < main {
				p.early = append(p.early, f.Path)
			}
		}
	}
	return p
}

func (p program) Runtime() string { return p.runtime.Name() }
func (p program) PID() int        { return p.thread.PID }

// options are Node's: those of NODE_OPTIONS, and then those of the command line.
func (p program) options(path []standby.Process) []string {
	return append(splitOptions(path[len(path)-1].Var(optionsVar)), p.thread.ExecArgv...)
}

func (p program) Names(path []standby.Process) (words, dirs []string) {
	main := path[len(path)-1]
	return append(p.options(path), main.Var("TSX_TSCONFIG_PATH"), main.Var("TS_NODE_PROJECT")), []string{filepath.Dir(p.thread.Main)}
}

// Rereads reports whether a file is the project's and is loaded after the standby.
func (p program) Rereads(file string) bool {
	real, err := filepath.EvalSymlinks(file)
	return err == nil && (slices.Contains(p.sources, real) || slices.Contains(p.sources, file))
}

// Spec returns what a standby loads, and what makes it stale.
func (p program) Spec(q standby.Request) (standby.Spec, error) {
	main := q.Path[len(q.Path)-1]
	options := p.options(q.Path)
	for o := range parseOptions(options) {
		if !p.runtime.steers && o.name == "--inspect" {
			return standby.Spec{}, errors.New("its debugger's port is in use as long as it runs")
		}
	}
	plan, err := p.plan(facts{p.thread, main.Exe, options, main.Dir, p.runtime.run}, q)
	if err != nil || q.Launch == nil {
		return standby.Spec{}, err
	}
	dirs := []string{filepath.Dir(p.thread.Main)}
	for _, step := range q.Path {
		dirs = append(dirs, step.Dir)
	}
	if plan.Opener != "" {
		dirs = append(dirs, filepath.Dir(plan.Opener))
	}
	dirs = unique(dirs)
	settings := func() standby.FileStates { return settingsOf(dirs) }
	files := settings()
	configs := slices.Clone(q.Named)
	for path := range files {
		configs = append(configs, path)
	}
	files.Take(p.files...)
	files.Take(extended(configs)...)
	for _, option := range options {
		if file, ok := cutAny(option, "--env-file=", "--env-file-if-exists="); ok { // it may not exist
			files.Take(abs(file, main.Dir))
		}
	}
	if plan.Patched {
		files.Take(p.early...)
	}
	if plan.Opener != "" {
		files.Take(plan.Opener)
	}
	gen := q.Launch.Gen
	return standby.Spec{
		Variable: HoldVariable, Plan: plan, Bare: len(plan.Load) == 0 && !plan.Patched,
		Files: files, Settings: settings, Resumed: func() { p.runtime.resumed(gen, plan) },
	}, nil
}

// plan makes the plan of a standby.
func (p program) plan(f facts, q standby.Request) (plan, error) {
	excluded := func(pkg string) bool { return slices.Contains(q.Exclude, pkg) }
	var folders []string
	for _, file := range p.sources {
		folders = append(folders, filepath.Dir(file))
	}
	own := ownNames(unique(folders))
	// A package that needs one of the workspace would run code of the project.
	needing := dependents(p.packed, func(pkg string) bool { return excluded(pkg) || slices.Contains(own, pkg) })
	barred := func(pkg string) bool { return needing[pkg] || excluded(pkg) }
	made, err := makePlan(f, barred)
	loaderOnly := errors.Is(err, errLoaderOnly)
	if q.Bare && (loaderOnly || err == nil) {
		made.Load, made.Observed, made.Opener = []item{}, []string{}, ""
		return made, nil
	}
	if loaderOnly {
		loaders := needed(p.packed, loadersOf(f.options)) // these may do anything
		made.Observed = slices.DeleteFunc(made.Observed, func(pkg string) bool { return loaders[pkg] })
		return made, nil
	}
	if err != nil {
		return made, err
	}
	// A generation that was a standby has loaded these before its main module.
	load := []item{}
	for _, x := range append(slices.Clone(p.earlier.Load), made.Load...) {
		if !barred(packageOf(x.File)) && !slices.ContainsFunc(load, func(y item) bool { return x.File == y.File }) {
			load = append(load, x)
		}
	}
	made.Load = load
	return made, nil
}

func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

func cutAny(s string, prefixes ...string) (string, bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return "", false
}

func abs(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
