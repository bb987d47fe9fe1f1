package python

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// plan is what a standby reads.
type plan struct {
	Argv   []string // of the process that waits
	Dir    string
	Load   []string          // modules
	Known  map[string]string // all that the generation has, and their files
	Barred []string          // packages that are not to be loaded
	Sites  []string
	Roots  []string // of what is not the project's, beside these
	Env    []string // variables that the program changes
	minds
	Dists bool // it is itself a package that can be looked for
}

// encode is the plan as hold.py reads it, in that order.
func (p plan) encode() ([]byte, error) {
	var known, flags []string
	for _, name := range slices.Sorted(maps.Keys(p.Known)) { // the same plan is the same text
		known = append(known, name, p.Known[name])
	}
	for name, is := range map[string]bool{"warns": p.Warns, "seeds": p.Seeds, "dists": p.Dists} {
		if is {
			flags = append(flags, name)
		}
	}
	slices.Sort(flags)
	return modules.Plan(p.Argv, []string{p.Dir}, p.Load, known, p.Barred, p.Sites, p.Roots, p.Env, flags)
}

// minds is what the program does that a package may do, too: who is first matters.
type minds struct {
	Warns bool // it filters warnings
	Seeds bool // it seeds random numbers
}

// patching has to see modules being loaded, or changes what is.
var patching = regexp.MustCompile(`^(gevent|eventlet|opentelemetry|ddtrace|newrelic|sentry_sdk|elasticapm|scout_apm|coverage|debugpy|pydevd|jurigged|pyximport|typeguard|_pytest)$`)

// finders that are Python's own, or come with packages that do not mind.
var finders = regexp.MustCompile(`^(BuiltinImporter|FrozenImporter|PathFinder|DistutilsMetaFinder|_SixMetaPathImporter|VendorImporter|_EditableFinder|_EditableNamespaceFinder|_Finder)$`)

// errBare wraps why a standby loads nothing.
var errBare = errors.New("no packages are loaded ahead")

// makePlan makes the plan, without the packages in without. A plan may come with an
// errBare.
func (r report) makePlan(without []string) (plan, error) {
	p := plan{
		Argv: r.Argv, Dir: r.Dir, Known: map[string]string{}, Barred: slices.Clone(without),
		Sites: r.sites(), Roots: []string{r.Lib}, Env: r.Changed,
	}
	if len(r.Argv) < 1 || r.Path == nil {
		return p, errors.New("it has not told what it runs")
	}
	if r.Watched {
		return p, errors.New("the program has an audit hook")
	}
	var bare error
	if r.More {
		bare = fmt.Errorf("the program changes variables or sys.path more often than is followed: %w", errBare)
	}
	if slices.Contains(r.Changed, "") {
		bare = fmt.Errorf("the program changes its working directory: %w", errBare)
	}
	for _, f := range r.Finders {
		if !finders.MatchString(f) {
			bare = fmt.Errorf("the program imports in its own way, %s: %w", f, errBare)
		}
	}
	p.Barred = append(p.Barred, r.shared()...)
	for _, m := range r.Modules {
		p.Known[m.Name] = m.File
		if r.isProject(m.File) {
			p.minds = p.and(m.File)
		}
		began := slices.Contains(r.Began, m.Name)
		switch {
		case m.Name == "__main__" && r.isProject(m.File):
			if err := early(m.File); err != nil {
				bare = err
			}
		case slices.Contains([]string{"__main__", "__mp_main__", "sitecustomize", "usercustomize"}, m.Name):
		case r.isProject(m.File) && began:
			return p, fmt.Errorf("%s is loaded before the program", m.File)
		case r.isProject(m.File):
			if err := early(m.File); err != nil {
				bare = err
			}
		case patching.MatchString(m.Name):
			bare = fmt.Errorf("%s has to see modules being loaded: %w", m.Name, errBare)
		case m.File != "" && m.File != "?" && !began && !slices.Contains(p.Barred, top(m.Name)):
			p.Load = append(p.Load, m.Name)
		}
	}
	if bare != nil {
		p.Load = nil
	}
	return p, bare
}

// shared are packages of which the project has a part: where its modules are is found
// out when the package is loaded, and then with the project's folders.
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
	logs  = regexp.MustCompile(`\b(dictConfig|fileConfig)\b|^LOGGING\b|\bLOGGING\s*=`)
	keeps = regexp.MustCompile(`disable_existing_loggers['"]?\s*[:=]\s*False`)
	ways  = regexp.MustCompile(`\b(meta_path|path_hooks|builtins\.__import__|importlib\.reload|monkey\.patch_all)\b`)
	seeds = regexp.MustCompile(`\bseed\(`)
	warns = regexp.MustCompile(`\b(simplefilter|filterwarnings|resetwarnings|catch_warnings|captureWarnings)\b`)
)

// early says why it would matter to a file of the project that packages are loaded
// already: setting up logging disables loggers that are there.
func early(file string) error {
	b, err := regular.Text(file)
	switch {
	case err != nil:
		return nil // it has gone since
	case logs.Match(b) && !keeps.Match(b):
		return fmt.Errorf("%s sets up logging, which disables the loggers that are there: %w", file, errBare)
	case bytes.Contains(b, []byte("setLoggerClass")):
		return fmt.Errorf("%s makes loggers of its own kind: %w", file, errBare)
	case ways.Match(b):
		return fmt.Errorf("%s changes how modules are loaded: %w", file, errBare)
	}
	return nil
}

// and adds what a file of the project does.
func (m minds) and(file string) minds {
	b, _ := regular.Text(file)
	return minds{Warns: m.Warns || warns.Match(b), Seeds: m.Seeds || seeds.Match(b)}
}

// shadowed says which module of the project would be found now in place of one that
// is loaded, or that was looked for in vain.
func (p plan) shadowed(before, now map[string]bool, missed []string) error {
	for _, name := range p.Load {
		if t := top(name); now[t] && !before[t] {
			return fmt.Errorf("the project has a module %s now", t)
		}
	}
	for _, name := range missed {
		if now[top(name)] {
			return fmt.Errorf("the project has a module %s", name)
		}
	}
	return nil
}
