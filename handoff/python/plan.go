package python

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// plan is what a standby reads.
type plan struct {
	Argv   []string          `json:"argv"` // of the process that waits
	Dir    string            `json:"dir"`
	Load   []string          `json:"load"`   // modules
	Known  map[string]string `json:"known"`  // all that the generation has, and their files
	Barred []string          `json:"barred"` // packages that are not to be loaded
	Sites  []string          `json:"sites"`
	Roots  []string          `json:"roots"` // of what is not the project's, beside these
	Env    []string          `json:"env"`   // variables that the program changes
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
		Argv: r.Argv, Dir: r.Dir, Load: []string{}, Known: map[string]string{}, Barred: append([]string{}, without...),
		Sites: r.sites(), Roots: []string{r.Lib}, Env: append([]string{}, r.Changed...),
	}
	if len(r.Argv) < 1 || r.Path == nil {
		return p, errors.New("it has not told what it runs")
	}
	if r.Watched {
		return p, errors.New("the program has an audit hook")
	}
	var bare error
	if slices.Contains(r.Changed, "") {
		bare = fmt.Errorf("the program changes its working directory: %w", errBare)
	}
	for _, f := range r.Finders {
		if !finders.MatchString(f) {
			bare = fmt.Errorf("the program imports in its own way, %s: %w", f, errBare)
		}
	}
	for _, m := range r.Modules {
		p.Known[m.Name] = m.File
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
		case m.File != "" && m.File != "?" && !began && !slices.Contains(without, top(m.Name)):
			p.Load = append(p.Load, m.Name)
		}
	}
	if bare != nil {
		p.Load = []string{}
	}
	return p, bare
}

var (
	logs  = regexp.MustCompile(`\b(dictConfig|fileConfig)\b|^LOGGING\b|\bLOGGING\s*=`)
	keeps = regexp.MustCompile(`disable_existing_loggers['"]?\s*[:=]\s*False`)
	ways  = regexp.MustCompile(`\b(sys\.meta_path|sys\.path_hooks|builtins\.__import__|importlib\.reload|monkey\.patch_all)\b`)
)

// early says why it would matter to a file of the project that packages are loaded
// already: setting up logging disables loggers that are there.
func early(file string) error {
	b, err := os.ReadFile(file)
	switch {
	case err != nil:
		return nil // it has gone since
	case logs.Match(b) && !keeps.Match(b):
		return fmt.Errorf("%s sets up logging, which disables the loggers that are there: %w", file, errBare)
	case ways.Match(b):
		return fmt.Errorf("%s changes how modules are loaded: %w", file, errBare)
	}
	return nil
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
