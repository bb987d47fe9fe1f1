package python

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// plan is what a standby reads.
type plan struct {
	Argv     []string // of the process that waits
	Dir      string
	Load     []string          // modules
	Known    map[string]string // all modules of the generation, with their files
	Barred   []string          // packages that are not to be loaded
	Sites    []string
	Roots    []string // other folders that are not the project's
	Env      []string // variables that the program changes
	Warns    bool     // the program filters warnings, so the order of filters matters
	Dists    bool     // the project itself is an installed package
	Rehearse bool     // it is a rehearsal
	Run      []string // modules of --standby-run
	Folders  []string // of the project, in which these are found
}

// encode writes the plan in the order that hold.py reads.
func (p plan) encode() ([]byte, error) {
	var known []string
	for _, name := range slices.Sorted(maps.Keys(p.Known)) { // so that equal plans have equal texts
		known = append(known, name, p.Known[name])
	}
	return reports.Plan(p.Argv, []string{p.Dir}, p.Load, known, p.Barred, p.Sites, p.Roots, p.Env, p.flags(), p.Run,
		p.Folders)
}

func (p plan) flags() (flags []string) {
	for name, is := range map[string]bool{"warns": p.Warns, "dists": p.Dists, "rehearse": p.Rehearse} {
		if is {
			flags = append(flags, name)
		}
	}
	slices.Sort(flags)
	return flags
}

// mains are modules that Python runs in each process by itself.
var mains = strings.Fields("__main__ __mp_main__ sitecustomize usercustomize")

// patching matches packages that have to see modules being loaded, or change them.
var patching = lazy.Pattern(
	`^(gevent|eventlet|opentelemetry|ddtrace|newrelic|sentry_sdk|elasticapm|scout_apm|coverage|debugpy|pydevd|jurigged|pyximport|typeguard|_pytest)$`)

// finders matches Python's own finders, and those of packages that work in any order.
var finders = lazy.Pattern(
	`^(BuiltinImporter|FrozenImporter|PathFinder|DistutilsMetaFinder|_SixMetaPathImporter|VendorImporter|_EditableFinder|_EditableNamespaceFinder|_Finder)$`)

// makePlan returns the plan of a standby that loads all packages, or says why there can be none. A standby without
// packages is no quicker than a cold start.
func (r report) makePlan() (plan, error) {
	p := plan{
		Argv: r.Argv, Dir: r.Dir, Known: map[string]string{}, Barred: r.shared(),
		Sites: r.sites(), Roots: []string{r.Lib}, Env: slices.Sorted(maps.Keys(r.Changed)),
	}
	if len(r.Argv) < 1 || r.Path == nil {
		return p, errors.New("it has not told what it runs")
	}
	if r.More != "" {
		return p, errors.New(r.More)
	}
	if _, moves := r.Changed[""]; moves {
		return p, errors.New("the program changes its working directory")
	}
	for _, f := range r.Finders {
		if !finders().MatchString(f) {
			return p, fmt.Errorf("the program imports in its own way, %s", f)
		}
	}
	for _, m := range r.Modules {
		p.Known[m.Name] = m.File
		ours, began := r.isProject(m.File), slices.Contains(r.Began, m.Name)
		filters, err := false, error(nil)
		if ours {
			filters, err = early(m.File)
		}
		p.Warns = p.Warns || filters
		main := slices.Contains(mains, m.Name)
		switch {
		case ours && began && !main:
			return p, fmt.Errorf("%s is loaded before the program", m.File)
		case ours && (m.Name == "__main__" || !main):
			if err != nil {
				return p, err
			}
		case main:
		case patching().MatchString(m.Name):
			return p, fmt.Errorf("%s has to see modules being loaded", m.Name)
		case m.File != "" && m.File != "?" && !began:
			p.Load = append(p.Load, m.Name)
		}
	}
	return p, nil
}

// sets returns the variables that the program sets. A package that reads all variables reads "*".
func (r report) sets() map[string]string {
	out := maps.Clone(r.Changed)
	if len(out) > 0 {
		out["*"] = ""
	}
	return out
}

// shared returns packages of which the project has a part. Python finds their folders when
// it loads them, and needs the project's folders for that.
func (r report) shared() []string {
	ours, out := map[string]bool{}, []string{}
	for _, m := range r.Modules {
		if r.isProject(m.File) {
			ours[top(m.Name)] = true
		}
	}
	for _, m := range r.Modules {
		if t := top(m.Name); m.File != "" && !r.isProject(m.File) && ours[t] && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

var (
	logs  = lazy.Pattern(`\b(dictConfig|fileConfig)\b|^LOGGING\b|\bLOGGING\s*=`)
	keeps = lazy.Pattern(`disable_existing_loggers['"]?\s*[:=]\s*False`)
	ways  = lazy.Pattern(`\b(meta_path|path_hooks|builtins\.__import__|importlib\.reload|monkey\.patch_all)\b`)
	warns = lazy.Pattern(`\b(simplefilter|filterwarnings|resetwarnings|catch_warnings|captureWarnings)\b`)
)

// early says why it matters to a file of the project that packages are loaded already: to set up logging disables the
// loggers that exist. It also reports whether the file filters warnings.
func early(file string) (filters bool, err error) {
	b, _ := regular.Text(file) // it may have been removed
	switch {
	case logs().Match(b) && !keeps().Match(b):
		err = fmt.Errorf("%s sets up logging, which disables the loggers that are there", file)
	case bytes.Contains(b, []byte("setLoggerClass")):
		err = fmt.Errorf("%s makes loggers of its own kind", file)
	case ways().Match(b):
		err = fmt.Errorf("%s changes how modules are loaded", file)
	}
	return warns().Match(b), err
}
