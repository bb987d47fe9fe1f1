package plan

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// plan is what a standby, or a rehearsal, reads: what it holds, and what it loads before.
type plan struct {
	Main    string   `json:"main"`     // the file, without symbolic links
	Exe     string   `json:"exe"`      // Node itself
	Options []string `json:"execArgv"` // on its command line
	Async   bool     `json:"async"`    // Node runs it through the loader of ES modules
	ESM     bool     `json:"esm"`      // it is an ES module
	Imports []string `json:"imports"`  // --import, in Node's order
	// Patched is true if instrumentation, or a file of --standby-run, runs before the packages
	// are loaded, and may have them patched.
	Patched  bool     `json:"patched"`
	Load     []item   `json:"load"`
	Barred   []string `json:"barred"`   // packages that must not be loaded
	Rehearse bool     `json:"rehearse"` // what the packages do is observed
	// Assume are variables that have a value while the packages are loaded, and Assuming the packages
	// to which that matters (js/standby/assume.cjs).
	Assume   map[string]string `json:"assume"`
	Assuming []string          `json:"assuming"`
	Changed  []string          `json:"changed"` // names of what packages that are not loaded change
}

type item struct {
	File string `json:"file"`
	How  string `json:"how"`
}

const (
	required = "require"
	imported = "import"
)

// facts are those of the serving generation.
type facts struct {
	thread  node.Snapshot // the main thread
	exe     string        // the file that it runs
	options []string      // of Node, in its order: NODE_OPTIONS, command line
	dir     string
	run     []string // files of --standby-run
}

// mayRun reports whether a standby may run what an option names: code of no project, or a
// file of --standby-run.
func (f facts) mayRun(name string) (may, asked bool) {
	if !isProject(name, f.dir) {
		return true, false
	}
	name = strings.TrimPrefix(name, "file://")
	asked = slices.ContainsFunc([]string{"", ".js", ".cjs", ".mjs"}, func(ext string) bool { return slices.Contains(f.run, realPath(abs(name+ext, f.dir))) })
	return asked, asked
}

func realPath(name string) string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	return name
}

// instrumentation matches packages that have to see modules being loaded, or change them.
var instrumentation = lazy.Pattern(`^(@opentelemetry/.*|@sentry/.*|dd-trace|newrelic|require-in-the-middle|import-in-the-middle|elastic-apm-node|applicationinsights)$`)

var ours = lazy.Pattern(`/node-[0-9a-f]{16}/adapter\.cjs$`)

// errNotHeld: there is no moment in which a standby could wait.
var errNotHeld = errors.New("its Node runs the main module in a way that cannot be held, as with --experimental-default-type=module")

// errLoaderOnly wraps why a standby loads no packages.
var errLoaderOnly = errors.New("only what is on Node's command line is loaded ahead")

// makePlan returns the plan with all packages. A plan may come with an errLoaderOnly.
func makePlan(f facts) (plan, error) {
	p := plan{Main: f.thread.Main, Exe: f.exe, Options: f.thread.ExecArgv, Imports: []string{}, Load: []item{}, Barred: []string{}, Changed: []string{}, Assume: map[string]string{}, Assuming: []string{}}
	if p.Options == nil {
		p.Options = []string{}
	}
	at := slices.IndexFunc(f.thread.Files, func(x node.File) bool { return x.Path == p.Main })
	if p.Main == "" || at < 0 {
		return p, errors.New("its main module is not known")
	}
	if !f.thread.Holdable {
		return p, errNotHeld
	}
	p.ESM = f.thread.Files[at].Kind == node.ESModule
	p.Async = p.ESM
	only, err := p.takeOptions(f)
	if err != nil {
		return p, err
	}
	if only == nil {
		only, err = p.takeInstrumentation(f, at)
	}
	if err = cmp.Or(err, only); err != nil {
		return p, err
	}
	// What was loaded before the main module is the loader's.
	for _, x := range f.thread.Files[at+1:] {
		if pkg := node.PackageOf(x.Path); pkg == "" || instrumentation().MatchString(pkg) {
			continue
		}
		switch {
		case x.Kind == node.ESModule, x.Kind == node.CommonJS && x.Imported:
			p.Load = append(p.Load, item{x.Path, imported})
		case x.Kind == node.CommonJS:
			p.Load = append(p.Load, item{x.Path, required})
		}
	}
	return p, nil
}

// takeOptions takes what Node's options have the standby load. only says why the standby
// loads nothing else.
func (p *plan) takeOptions(f facts) (only, err error) {
	loaders := false // of the project
	for o := range parseOptions(f.options) {
		if o.name == "--inspect-brk" || o.name == "--inspect-wait" {
			return nil, errors.New("it waits for a debugger")
		}
		if !o.loads() {
			continue
		}
		may, asked := f.mayRun(o.value)
		p.Patched = p.Patched || asked
		requires, imports := o.name == "--require" || o.name == "-r", o.name == "--import"
		switch {
		case !may && requires:
			return nil, fmt.Errorf("--require %s is code of the project", o.value)
		case !may && only == nil:
			only = fmt.Errorf("%s %s is code of the project: %w", o.name, o.value, errLoaderOnly)
		}
		p.Async = p.Async || !requires
		loaders = loaders || !may && !imports
		if imports && only == nil { // what is imported before code of the project
			p.Imports = append(p.Imports, o.value)
		}
	}
	if loaders { // Node runs these before it imports anything
		p.Imports = []string{}
	}
	return only, nil
}

// takeInstrumentation says which package has to see modules being loaded. Those that Node's
// options load see them in a standby, too, unless they run code of the project for which
// nobody has asked. at is the index of the main module.
func (p *plan) takeInstrumentation(f facts, at int) (only, err error) {
	var early []string
	own := "" // a file of the project
	for _, x := range f.thread.Files[:at] {
		pkg := node.PackageOf(x.Path)
		early = append(early, pkg)
		if pkg == "" && x.Kind != node.JSON {
			own = x.Path
		}
		p.Patched = p.Patched || slices.Contains(f.run, x.Path)
	}
	p.Patched = p.Patched || own == "" && slices.ContainsFunc(early, instrumentation().MatchString)
	for o := range parseOptions(f.options) {
		if p.Patched || own == "" || !o.loads() || !instrumentation().MatchString(packageNamed(o.value)) {
			continue
		}
		if o.name != "--import" { // it is loaded before Node can be held
			return nil, fmt.Errorf("%s %s runs %s, which is code of the project", o.name, o.value, own)
		}
		p.Imports = p.Imports[:slices.Index(p.Imports, o.value)]
		break
	}
	for _, x := range f.thread.Files {
		pkg := node.PackageOf(x.Path)
		if instrumentation().MatchString(pkg) && !(p.Patched && slices.Contains(early, pkg)) {
			return fmt.Errorf("%s has to see modules being loaded: %w", pkg, errLoaderOnly), nil
		}
	}
	return nil, nil
}

// packageNamed returns the package of what an option names.
func packageNamed(name string) string {
	if pkg := node.PackageOf(name); pkg != "" {
		return pkg
	}
	return node.PackageOf("/node_modules/" + name)
}

// isProject reports whether a module that Node loads is code of the project, which is a
// file in no package.
func isProject(name, dir string) bool {
	name = strings.TrimPrefix(name, "file://")
	if !filepath.IsAbs(name) && !strings.HasPrefix(name, ".") {
		return strings.Contains(name, ":") && !strings.HasPrefix(name, "node:") // data: and the like
	}
	name = realPath(abs(name, dir))
	return node.PackageOf(name) == "" && !ours().MatchString(name) && !strings.HasPrefix(filepath.Base(name), ".pnp.")
}
