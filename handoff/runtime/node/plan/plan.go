package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// plan is what a standby, or a rehearsal, reads: which module to hold, and what to load before.
type plan struct {
	Main    string   `json:"main"`     // the file, without symbolic links
	Exe     string   `json:"exe"`      // Node itself
	Options list     `json:"execArgv"` // on its command line
	Twice   []string `json:"twice"`    // packages that may start it
	Async   bool     `json:"async"`    // Node runs it through the loader of ES modules
	ESM     bool     `json:"esm"`      // it is an ES module
	Imports list     `json:"imports"`  // --import, in Node's order
	// Patched says that instrumentation, or a file of --standby-run, runs before the packages are loaded, and may patch
	// them.
	Patched  bool           `json:"patched"`
	Load     []standby.Item `json:"load"`
	Barred   list           `json:"barred"`   // packages that must not be loaded
	Rehearse bool           `json:"rehearse"` // what the packages do is observed
	// Assume are variables that the standby sets while it loads packages, and Assuming the packages that depend on
	// these (js/standby/assume.cjs).
	Assume   map[string]string `json:"assume"`
	Assuming list              `json:"assuming"`
	Changed  list              `json:"changed"` // names of what packages that are not loaded change
	// Marks are of the functions that all code of the program shares. Only a rehearsal has them.
	Marks map[string]string `json:"marks"`
	// Named are the modules that the program's hooks have named; nil: not those of the main module, which each save may
	// change.
	Named  []string `json:"named"`
	Before []string `json:"before"` // packages that have been loaded before the program has replaced anything
	// Builtins are Node's own modules: http is to be loaded, node:http is imported by an ES module.
	Builtins list `json:"builtins"`
	Hooks    list `json:"hooks"` // files of the project that wrap modules: which these are follows from the files

	behind  string          // why the program has to load all packages itself; "": they may be loaded ahead
	wrapped standby.Wrapped // by the program
	early   []string        // packages that are loaded before the main module
}

// list is an array in JSON also where it is nil.
type list []string

func (l list) MarshalJSON() ([]byte, error) { return json.Marshal(append([]string{}, l...)) }

const (
	required = "require"
	imported = "import"
)

// facts are those of the serving generation.
type facts struct {
	thread  files.Snapshot // the main thread
	exe     string         // the file that it runs
	options []string       // of Node, in its order: NODE_OPTIONS, command line
	dir     string
	run     []string // files of --standby-run
}

// mayRun reports whether a standby may run what an option names: no code of the project, or a file of --standby-run.
func (f facts) mayRun(name string) (may, asked bool) {
	if !isProject(name, f.dir) {
		return true, false
	}
	name = strings.TrimPrefix(name, "file://")
	asked = slices.ContainsFunc([]string{"", ".js", ".cjs", ".mjs"}, func(ext string) bool {
		return slices.Contains(f.run, regular.Real(regular.Absolute(name+ext, f.dir)))
	})
	return asked, asked
}

// instrumentation matches packages that wrap modules while these are loaded. After such a package a standby loads by
// name.
var instrumentation = lazy.Pattern(
	`^(@opentelemetry/.*|@sentry/.*|dd-trace|newrelic|require-in-the-middle|import-in-the-middle|elastic-apm-node|applicationinsights)$`)

var ours = lazy.Pattern(`/node-[0-9a-f]{16}/adapter\.cjs$`)

// errCannotPark says that Node gives a standby no moment to wait.
var errCannotPark = errors.New(
	"its Node runs the main module in a way that cannot be held, as with --experimental-default-type=module")

// makePlan returns the plan with all packages.
func makePlan(f facts) (plan, error) {
	p := plan{Main: f.thread.Main, Exe: f.exe, Twice: launchers.Twice(), Options: f.thread.ExecArgv,
		Assume: map[string]string{}, Builtins: f.thread.Builtins}
	at := slices.IndexFunc(f.thread.Files, func(x files.File) bool { return x.Path == p.Main })
	if p.Main == "" || at < 0 {
		return p, errors.New("its main module is not known")
	}
	if !f.thread.CanPark {
		return p, errCannotPark
	}
	p.ESM = f.thread.Files[at].Kind == files.ESModule
	p.Async = p.ESM
	if err := p.takeOptions(f); err != nil {
		return p, err
	}
	if err := p.takeInstrumentation(f, at); err != nil {
		return p, err
	}
	if !p.ESM {
		p.Named = []string{}
	}
	p.takeHooks(f)
	// What was loaded before the main module is the loader's.
	for _, x := range f.thread.Files[at+1:] {
		pkg := launchers.PackageOf(x.Path)
		if pkg == "" || instrumentation().MatchString(pkg) && slices.Contains(p.early, pkg) {
			continue
		}
		switch {
		case x.Kind == files.ESModule, x.Kind == files.CommonJS && x.Imported:
			p.Load = append(p.Load, standby.Item{File: x.Path, How: imported})
		case x.Kind == files.CommonJS:
			p.Load = append(p.Load, standby.Item{File: x.Path, How: required})
		}
	}
	return p, nil
}

const mayRun = " (if it may run before a save, write --standby-run %s)"

// takeOptions adds what Node's options have the standby load.
func (p *plan) takeOptions(f facts) error {
	loaders := false // of the project
	for _, o := range parseOptions(f.options) {
		if o.name == "--inspect-brk" || o.name == "--inspect-wait" {
			return errors.New("it waits for a debugger")
		}
		if !o.loads() {
			continue
		}
		may, asked := f.mayRun(o.value)
		p.Patched = p.Patched || asked
		requires, imports := o.name == "--require" || o.name == "-r", o.name == "--import"
		switch {
		case !may && requires:
			return fmt.Errorf("--require %s is code of the project"+mayRun, o.value, o.value)
		case !may && imports:
			p.wait(fmt.Sprintf("--import %s, which is code of the project"+mayRun, o.value, o.value))
		case !may:
			p.wait(o.name + " " + o.value + ", which is code of the project")
		}
		p.Async = p.Async || !requires
		loaders = loaders || !may && !imports
		if imports && p.behind == "" { // what is imported before code of the project
			p.Imports = append(p.Imports, o.value)
		}
	}
	if loaders { // Node runs these before it imports anything
		p.Imports = nil
	}
	return nil
}

// wait leaves all packages to the program, which must load them after what behind names.
func (p *plan) wait(behind string) { p.behind = cmp.Or(p.behind, standby.Behind+behind) }

// takeInstrumentation adds what Node's options load to wrap modules. The standby runs that, too, unless that is code of
// the project which --standby-run does not name. at is the index of the main module.
func (p *plan) takeInstrumentation(f facts, at int) error {
	own := "" // a file of the project
	for _, x := range f.thread.Files[:at] {
		pkg := launchers.PackageOf(x.Path)
		p.early = append(p.early, pkg)
		if pkg == "" && x.Kind != files.JSON {
			own = x.Path
		}
		p.Patched = p.Patched || slices.Contains(f.run, x.Path)
	}
	i := slices.IndexFunc(p.early, instrumentation().MatchString)
	p.Patched = p.Patched || own == "" && i >= 0
	if p.Patched || i < 0 {
		return nil
	}
	for _, o := range parseOptions(f.options) {
		if !o.loads() || !instrumentation().MatchString(packageNamed(o.value)) {
			continue
		}
		if o.name != "--import" { // it is loaded before Node can be held
			return fmt.Errorf("%s %s runs %s, which is code of the project", o.name, o.value, own)
		}
		if i := slices.Index(p.Imports, o.value); i >= 0 {
			p.Imports = p.Imports[:i]
		}
		break
	}
	p.wait(p.early[i] + wraps)
	return nil
}

const wraps = ", which wraps modules while they are loaded"

// lateHooks returns the hooks that a thread's main module, or what that loads, has installed. Those that come before
// are in a standby, too.
func lateHooks(t files.Snapshot) []files.Hook {
	before := map[string]bool{} // the main module
	for _, x := range t.Files {
		if x.Path == t.Main {
			break
		}
		before[x.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(t.Hooks), func(h files.Hook) bool {
		return len(h.By) > 0 && !slices.ContainsFunc(h.By, func(file string) bool { return !before[file] })
	})
}

// marks returns the marks of the functions that the program's hooks may have replaced; nil: it has none.
func marks(t files.Snapshot) map[string]string {
	if len(lateHooks(t)) == 0 {
		return nil
	}
	return t.Hooks[0].Marks
}

// takeHooks adds the modules that the program's hooks must see while they are loaded.
func (p *plan) takeHooks(f facts) {
	for i, h := range lateHooks(f.thread) {
		file, by, packages := f.installer(h)
		switch {
		case h.Names == nil:
			p.wait(by + ", which hooks into the loading of modules")
		// js/modules/hooks.cjs has packages loaded anew if a save brings a hook more
		case file == f.thread.Main && !p.ESM:
			p.wrapped.Anew = true
		case file == f.thread.Main:
			p.wait(by + wraps + ": let a file of its own do that")
		case file != "":
			p.Hooks = append(p.Hooks, file)
		}
		w := &p.wrapped
		w.Runs = append(w.Runs, h.Runs...)
		w.By = cmp.Or(w.By, by)
		if i == 0 {
			w.Before, w.Loaded = slices.Concat(h.Before, packages), h.Loaded
		}
		for _, name := range h.Names {
			if !strings.HasPrefix(name, "node:") {
				name = packageNamed(name)
			}
			w.Names = append(w.Names, name)
		}
		if !p.ESM {
			p.Named = append(p.Named, h.Names...)
		}
	}
	p.Before = slices.DeleteFunc(slices.Clone(p.wrapped.Before), func(name string) bool {
		return !slices.Contains(p.wrapped.Loaded, name)
	})
}

// installer returns the file of the project that has installed a hook, or "", its name for people, and the packages
// that have helped.
func (f facts) installer(h files.Hook) (project, by string, packages []string) {
	by = "something"
	for _, file := range h.By {
		if pkg := launchers.PackageOf(file); pkg != "" {
			packages = append(packages, pkg)
		} else if project == "" {
			project = file
		}
	}
	switch rel, err := filepath.Rel(f.dir, project); {
	case err == nil && filepath.IsLocal(rel) && project != "":
		by = rel
	case project != "":
		by = project
	case len(packages) > 0:
		by = packages[len(packages)-1]
	}
	return project, by, packages
}

// packageNamed returns the package of what an option names.
func packageNamed(name string) string {
	if pkg := launchers.PackageOf(name); pkg != "" {
		return pkg
	}
	return launchers.PackageOf("/node_modules/" + name)
}

// isProject reports whether a module that Node loads is code of the project, which is a
// file in no package.
func isProject(name, dir string) bool {
	name = strings.TrimPrefix(name, "file://")
	if !filepath.IsAbs(name) && !strings.HasPrefix(name, ".") {
		return strings.Contains(name, ":") && !strings.HasPrefix(name, "node:") // data: and the like
	}
	name = regular.Real(regular.Absolute(name, dir))
	return launchers.PackageOf(name) == "" && !ours().MatchString(name) &&
		!strings.HasPrefix(filepath.Base(name), ".pnp.")
}
