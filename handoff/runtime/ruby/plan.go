package ruby

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// plan is what a standby reads.
type plan struct {
	Argv   []string // of the process that waits
	Dir    string
	Load   []string // files
	Known  []string // all files of the generation
	Barred []string // gems that are not to be loaded
	Path   []string
	Roots  []string
	Env    []string // what some variables are set to meanwhile
	// Rehearse has what the gems do observed.
	Rehearse bool
}

// encode writes the plan in the order that hold.rb reads.
func (p plan) encode() ([]byte, error) {
	var flags []string
	if p.Rehearse {
		flags = []string{"rehearse"}
	}
	return modules.Plan(p.Argv, []string{p.Dir}, p.Load, p.Known, p.Barred, p.Path, p.Roots, p.Env, flags)
}

// patching matches gems that have to see files being loaded, or change how.
var patching = regexp.MustCompile(`^(ddtrace|datadog|newrelic_rpm|opentelemetry-.*|sentry-.*|scout_apm|skylight|appsignal|elastic-apm|honeybadger|bootsnap|zeitwerk|spring|byebug|debug|simplecov|rb-readline|rspec-core|minitest|test-unit|rbs|sorbet-runtime)$`)

// does matches files whose loading is their purpose.
var does = regexp.MustCompile(`/(bundler/setup|bundler/inline|dotenv/load|dotenv/autorestore|rubygems)\.rb$|/(did_you_mean|error_highlight|syntax_suggest|monitor|bundled_gems)[./]`)

// errBare wraps why a standby loads nothing.
var errBare = errors.New("no gems are loaded ahead")

// makePlan returns the plan with all gems. A plan may come with an errBare.
func (r report) makePlan() (plan, error) {
	p := plan{Argv: r.Argv, Dir: r.Dir, Known: r.Has, Path: r.Path, Roots: r.Roots, Env: r.given()}
	if len(r.Argv) == 0 || r.Roots == nil {
		return p, errors.New("it has not told what it runs")
	}
	if base := filepath.Base(r.Argv[0]); base == "bundle" || base == "bundler" {
		return p, errors.New("bundle exec ends in another program: what waits is Bundler, not that (bundle binstubs makes one that can wait)")
	}
	for _, f := range r.Began {
		if r.isProject(f) && strings.HasSuffix(f, ".rb") {
			return p, fmt.Errorf("%s is loaded before the program", f)
		}
	}
	var bare error
	if r.More {
		bare = fmt.Errorf("the program loads files or changes the environment more often than is followed: %w", errBare)
	}
	if slices.Contains(r.Changed, "") {
		bare = fmt.Errorf("the program changes its working directory: %w", errBare)
	}
	has := map[string]bool{}
	for _, f := range r.Has {
		has[f] = true
		if gem := r.gemOf(f); patching.MatchString(gem) && !r.isProject(f) {
			bare = fmt.Errorf("%s has to see files being loaded: %w", gem, errBare)
		}
	}
	for _, f := range r.project() {
		if err := early(f); err != nil {
			bare = err
		}
	}
	for _, f := range r.Begun {
		if has[f] && !r.isProject(f) && !does.MatchString(f) && !slices.Contains(r.Began, f) {
			p.Load = append(p.Load, f)
		}
	}
	if bare != nil {
		p.Load = nil
	}
	return p, bare
}

// given returns the variable that Rack's servers set before they load the program, if its value is
// the usual one. The value stays, unless a line changes that mentions it.
func (r report) given() []string {
	if i := slices.Index(r.Changed, "RACK_ENV"); i >= 0 && i < len(r.Values) && r.Values[i] == "development" {
		return []string{"RACK_ENV=development"}
	}
	return nil
}

// sets returns the other variables that the program changes, with the digests of their values. Gems
// that read all variables read the one named *.
func (r report) sets() map[string]string {
	out := map[string]string{}
	for i, name := range r.Changed {
		if name != "" && name != "RUBYOPT" && !strings.HasPrefix(name, "BUNDLE") && i < len(r.Values) {
			out[name], out["*"] = standby.Digest(r.Values[i]), ""
		}
	}
	if len(r.given()) > 0 {
		delete(out, "RACK_ENV")
	}
	return out
}

var ways = regexp.MustCompile(`\b(TracePoint|set_trace_func|alias_method\s+:\w*require|def\s+require|LOADED_FEATURES|Kernel\.(prepend|module_eval))\b`)

// early says why it matters to a file of the project that gems are loaded already.
func early(file string) error {
	if b, err := regular.Text(file); err == nil && ways.Match(b) {
		return fmt.Errorf("%s changes how files are loaded, or looks at it: %w", file, errBare)
	}
	return nil // or the file has been removed
}

var modes = regexp.MustCompile(`(?m)^.*RACK_ENV.*$|^\s*environment\b.*$`)

// mode returns the lines of a file that may set RACK_ENV.
func mode(file string) string {
	b, _ := regular.Text(file) // or it is not there
	return string(bytes.Join(modes.FindAll(b, -1), []byte("\n")))
}
