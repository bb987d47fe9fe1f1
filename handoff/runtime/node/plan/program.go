package plan

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// program is the main process of a generation.
type program struct {
	runtime *Runtime
	thread  files.Snapshot
	packed  map[string]string // name → folder of the packages
	sources []string          // files of the project
	early   []string          // sources that were loaded before the main module
	files   []string          // that must not change
	dropped bool              // a generation had to load packages anew that its standby loaded with assumed variables
}

// Program returns what a generation's main thread has loaded.
func (r *Runtime) Program(thread files.Snapshot) standby.Program {
	r.mu.Lock()
	defer r.mu.Unlock()
	if thread.Dropped {
		r.dropped[thread.Main] = true
	}
	p := program{runtime: r, thread: thread, packed: map[string]string{}, dropped: r.dropped[thread.Main]}
	main := slices.IndexFunc(thread.Files, func(f files.File) bool { return f.Path == thread.Main })
	for i, f := range thread.Files {
		if dir, name := launchers.PackageDir(f.Path); name != "" {
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
	p.sources = append(p.sources, thread.Read...) // vite-node and jiti run what they have read as text
	return p
}

func (p program) PID() int { return p.thread.PID }

// Key also has the options, the files of --standby-run, which run before the packages, and what the program has
// replaced, which packages may read.
func (p program) Key() string {
	run := p.runtime.run
	replaced := standby.Digest(fmt.Sprint(marks(p.thread))) // in the order of the names
	return strings.Join(append([]string{"node", p.thread.Main, standby.Fingerprint(run...), replaced},
		slices.Concat(run, p.thread.ExecArgv)...), "\x00")
}

// options returns Node's options: first those of NODE_OPTIONS, then those of the command line.
func (p program) options(path []standby.Process) []string {
	return append(node.SplitOptions(path[len(path)-1].Var(node.OptionsVariable)), p.thread.ExecArgv...)
}

func (p program) Names(path []standby.Process) (words, dirs []string) {
	main := path[len(path)-1]
	return append(p.options(path), main.Var("TSX_TSCONFIG_PATH"), main.Var("TS_NODE_PROJECT")),
		[]string{filepath.Dir(p.thread.Main)}
}

// Rereads reports whether a file is the project's and is loaded after the standby.
func (p program) Rereads(file string) bool {
	real, err := filepath.EvalSymlinks(file)
	return err == nil && (slices.Contains(p.sources, real) || slices.Contains(p.sources, file))
}

// Spec returns what a standby loads, and what makes the standby stale.
func (p program) Spec(q standby.Request) (s standby.Spec, err error) {
	main := q.Path[len(q.Path)-1]
	options := p.options(q.Path)
	for _, o := range parseOptions(options) {
		if !p.runtime.steers && o.name == "--inspect" {
			return s, errors.New("its debugger's port is in use as long as it runs")
		}
	}
	plan, choice, err := p.plan(facts{p.thread, main.Exe, options, main.Dir, p.runtime.run}, q)
	if err != nil {
		return s, err
	}
	dirs := []string{filepath.Dir(p.thread.Main)}
	for _, step := range q.Path {
		dirs = append(dirs, step.Dir)
	}
	settings := func() standby.FileStates { return standby.Settings(dirs, standby.Resolved) }
	files := settings()
	configs := slices.AppendSeq(slices.Clone(q.Named), maps.Keys(files))
	files.Take(p.files...)
	files.Take(extended(configs)...)
	for _, o := range parseOptions(options) {
		if strings.HasPrefix(o.name, "--env-file") && o.value != "" {
			files.Take(regular.Absolute(o.value, main.Dir)) // it may not exist
		}
	}
	if plan.Patched {
		files.Take(p.early...)
	}
	files.Take(plan.Hooks...)
	if slices.Contains(plan.Builtins, "dns") { // which reads it when a standby loads that module
		files.Take("/etc/resolv.conf")
	}
	return standby.Spec{
		Variable: node.StandbyVariable, Plan: plan, Files: files, Settings: settings, Choice: choice,
	}, nil
}

// plan returns the plan of a standby, or a rehearsal, with the packages of which plan has chosen.
func (p program) plan(f facts, q standby.Request) (made plan, c standby.Choice, err error) {
	made, err = makePlan(f)
	if err != nil {
		return made, c, err
	}
	if made.behind == "" && (made.ESM || made.Patched) {
		p.takeWrappers(&made)
	}
	q.Behind, q.Wrapped = made.behind, made.wrapped
	all := made.Load
	fixed := map[string]bool{} // packages with ES modules or machine code
	for _, x := range p.thread.Files {
		name := launchers.PackageOf(x.Path)
		fixed[name] = fixed[name] || x.Kind == files.Addon || x.Kind == files.ESModule || x.Imported
	}
	if !made.Async { // what waits in the accessor of runMain cannot import
		all = slices.DeleteFunc(all, func(x standby.Item) bool { return x.How != required })
	}
	packages := standby.Grouped(all)
	// A package that needs one of the workspace would run code of the project.
	q.Project = append(slices.Clone(q.Project), p.ownNames()...)
	for i, p := range packages {
		packages[i].Fixed = fixed[p.Name]
	}
	q.Sets, q.Assumed = map[string]string{}, made.Assume
	for name, value := range p.thread.Env {
		unread := !own().MatchString(name) || name == "NODE_ENV"
		if !made.ESM && !made.Patched && !p.dropped && value != "" && unread { // js/standby/assume.cjs
			made.Assume[name] = value
		} else {
			q.Sets[name] = standby.Digest(value)
		}
	}
	c = q.Known.Choose(packages, q.Question)
	made.Load, made.Assuming = c.Items(all), c.Assuming
	if q.Behind == "" { // else Node's options may load any
		made.Barred = c.Barred()
	}
	made.Rehearse = q.Rehearse
	if q.Rehearse {
		made.Changed = c.Changed
		made.Marks = marks(p.thread)
	}
	return made, c, nil
}

// wrapper matches packages that wrap modules, or with which others do.
var wrapper = lazy.Pattern(
	`^(require-in-the-middle|import-in-the-middle|dd-trace|newrelic|elastic-apm-node|applicationinsights|@sentry/server-runtime-injection|@apm-js-collab/tracing-hooks)$`)

// takeWrappers adds the files of the project that name a package by which they may wrap modules after the next save: an
// ES module that a standby has imported cannot be wrapped any more. Where Node's options wrap modules, such a package
// may do so by the same hooks.
func (p program) takeWrappers(made *plan) {
	known := p.wrappers()
	if made.Patched {
		for _, name := range slices.Sorted(maps.Keys(known)) {
			if !slices.Contains(made.early, name) {
				made.wait(name + wraps)
			}
		}
		return
	}
	if len(known) == 0 {
		return // without a look at the project
	}
	for _, file := range p.sources {
		text, err := regular.Text(file)
		is := func(word [][]byte) bool { return known[packageNamed(string(word[1]))] }
		if err != nil || slices.Contains(p.early, file) ||
			!slices.ContainsFunc(inQuotes().FindAllSubmatch(text, -1), is) {
			continue
		}
		if file == made.Main { // each save may bring a hook
			made.wait(filepath.Base(file) + wraps + ", or may: let a file of its own do that")
		}
		made.Hooks = append(made.Hooks, file)
	}
	if n := len(made.Hooks); n > mostHooking {
		made.wait(fmt.Sprintf("%d files that name a package which wraps modules", n))
	}
}

// mostHooking is how many files may each make a standby stale. With more, a standby without packages is better.
const mostHooking = 5

// wrappers returns the packages that match wrapper, and those that need such a package.
func (p program) wrappers() map[string]bool {
	needs, known := standby.Needing{}, map[string]bool{}
	wrapping := slices.DeleteFunc(slices.Collect(maps.Keys(p.packed)), func(name string) bool {
		return !wrapper().MatchString(name)
	})
	if len(wrapping) == 0 {
		return nil // without a look at what each package needs
	}
	for name, dir := range p.packed {
		m, _ := standby.ReadManifest(dir)
		needs.Add(name, m.Needs())
	}
	for _, name := range wrapping {
		known[name] = true
		needs.Spread(name, func(by, _ string) { known[by] = true })
	}
	return known
}

var inQuotes = lazy.Pattern("[\"'`]([^\"'`\\s]+)[\"'`]")

// own matches variables that Node or the C library reads.
var own = lazy.Pattern(`^(NODE_.*|UV_.*|LC_.*|LANG|LANGUAGE|TZ|TZDIR|PATH|LD_.*|SSL_.*|OPENSSL_.*|HOTSWAP_.*)$`)

// ownNames returns the names of the packages of the sources, which are in no node_modules.
func (p program) ownNames() (names []string) {
	done := map[string]bool{}
	for _, file := range p.sources {
		for dir := range regular.Above(filepath.Dir(file)) {
			if done[dir] {
				break
			}
			done[dir] = true
			if m, ok := standby.ReadManifest(dir); ok && m.Name != "" {
				names = append(names, m.Name)
				break
			}
		}
	}
	return standby.Unique(names)
}

// Began returns why the process may have started with other arguments than it shows now: it has set process.title. Nil:
// it has not.
func (p program) Began(main standby.Process) error {
	args, n := ownArgs(main), len(p.thread.ExecArgv)
	if len(args) > n && slices.Equal(args[:n], p.thread.ExecArgv) {
		if file := regular.Absolute(args[n], main.Dir); strings.HasPrefix(p.thread.Main, regular.Real(file)) ||
			regular.Real(filepath.Dir(file)) == filepath.Dir(p.thread.Main) {
			return nil
		}
	}
	return errors.New("its arguments are not what they were")
}
