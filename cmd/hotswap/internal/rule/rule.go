package rule

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	watchrules "github.com/hotswap-dev/hotswap/watch/rules"
)

// Browser is what a browser that shows the program's pages is told.
type Browser string

const (
	BrowserCSS    Browser = "css"    // to load its style sheets again
	BrowserReload Browser = "reload" // to load the page again
)

// Rule says what a change of the files that match it does.
type Rule struct {
	// Where is where the user wrote the rule, such as "hotswap.yaml:12" or "--build".
	Where string
	// Change are doublestar patterns of files, relative to the project's folder or absolute. The name of a folder
	// matches all that is below it. "!" before a pattern takes out what the patterns before it
	// match. None: the rule is for every start.
	Change []string

	Run  string // a command for sh -c that runs before the start; "": none
	Once bool   // the command is a task
	// StopFirst: the serving generation ends before the command runs.
	StopFirst bool
	// Outputs are patterns of the files that the command writes. Changes of those files do nothing.
	Outputs []string

	Beside bool // the command runs beside the start, which does not wait for it

	Signal  syscall.Signal // sent to the program instead of a start; 0: none
	Browser Browser        // told instead of a start; "": nothing
	Nothing bool           // no start

	// Events: the rule is about events and not about files, and has a command and nothing else. [Rules] has no such
	// rules.
	Events []string
}

// ErrRule is wrapped by the errors of [New].
var ErrRule = errors.New("not a rule")

type pattern struct {
	glob string // absolute
	name bool   // it may be the name of a folder, such as [slug]
	out  bool   // it takes out what the patterns before it match
}

type matcher []pattern

// Rules are the rules of a project, in the order in which their commands run. They are
// constant.
type Rules struct {
	All      []Rule
	Patterns []string // of all rules, absolute: files that match are watched whatever their kind
	changes  []matcher
	outputs  []matcher
}

// New compiles rules. dir is the project's folder, an absolute path.
func New(dir string, all []Rule) (*Rules, error) {
	r := &Rules{All: all}
	for _, rule := range all {
		change, wrong := compile(dir, rule.Change)
		outputs, err := compile(dir, rule.Outputs)
		err = cmp.Or(wrong, err)
		if why := rule.check(); why != "" {
			err = fmt.Errorf("%w: %s", ErrRule, why)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rule.Where, err)
		}
		r.changes, r.outputs = append(r.changes, change), append(r.outputs, outputs)
		if rule.Nothing && rule.Run == "" {
			continue // nothing has to be watched for it
		}
		r.Patterns = append(r.Patterns, change.globs()...)
	}
	if err := r.checkTasks(); err != nil {
		return nil, err
	}
	return r, nil
}

// checkTasks reports a task whose inputs another command writes: the task would not run for them,
// because outputs start nothing and tasks come first.
func (r *Rules) checkTasks() error {
	for i, task := range r.All {
		if !task.Once {
			continue
		}
		for j := range r.outputs {
			for _, path := range r.Made(j) {
				if i != j && (r.changes[i].matches(path) || r.changes[i].matches(path+"/x")) {
					return fmt.Errorf(
						"%s: %w: %s writes what the task at %s reads, which would not run for it; put both commands into one rule",
						r.All[j].Where, ErrRule, r.All[j].Run, task.Where)
				}
			}
		}
	}
	return nil
}

// check returns what is wrong with a rule that says nothing, or two things at once; "": nothing is.
func (r Rule) check() (why string) {
	says, runs, every := 0, r.Run != "", len(r.Change) == 0
	for _, is := range []bool{r.Signal != 0, r.Browser != "", r.Nothing} {
		if is {
			says++
		}
	}
	switch {
	case len(r.Events) > 0 && (!runs || says+len(r.Change)+len(r.Outputs) > 0):
		return "event goes with run, and with nothing else"
	case r.Beside && (!runs || every || says > 0):
		return "when goes with change and run"
	case says > 1:
		return "give one of signal, browser and do"
	case r.Once && !runs:
		return "a task needs a command: run"
	case says == 0 && !runs:
		return "say what to do: run, signal, browser or do; to swap for files that are not watched, name them in watch"
	case runs && (r.Signal != 0 || r.Browser != ""):
		return "run goes with neither signal nor browser"
	case !runs && (r.StopFirst || len(r.Outputs) > 0):
		return "stop and outputs belong to a command: give run"
	case r.Once && (r.Nothing || every):
		return "a task needs inputs, and a start comes after it"
	case every && says > 0:
		return "say which files: change"
	}
	return ""
}

// compile makes patterns absolute and checks them.
func compile(dir string, patterns []string) (m matcher, err error) {
	for _, p := range patterns {
		glob, out := strings.CutPrefix(p, "!")
		if glob == "" || !doublestar.ValidatePattern(glob) {
			return nil, fmt.Errorf("%w: %q is no pattern", ErrRule, p)
		}
		name := !strings.ContainsAny(glob, `*?\`) && !(strings.Contains(glob, "{") && strings.Contains(glob, ","))
		glob = watchrules.Either(glob)
		if !path.IsAbs(glob) {
			glob = path.Join(watchrules.Literal.Replace(dir), glob)
		}
		m = append(m, pattern{glob, name, out})
	}
	if len(m) > 0 && m[0].out {
		return nil, fmt.Errorf("%w: %q comes before a pattern from which it takes something out", ErrRule, patterns[0])
	}
	return m, nil
}

// matches reports whether the patterns match a file. The last pattern that matches decides.
func (m matcher) matches(file string) bool {
	for _, p := range slices.Backward(m) {
		for _, glob := range p.globs() {
			if doublestar.MatchUnvalidated(glob, file) {
				return !p.out
			}
		}
	}
	return false
}

// globs returns the patterns but those that take something out.
func (m matcher) globs() (all []string) {
	for _, p := range m {
		if !p.out {
			all = append(all, p.globs()...)
		}
	}
	return all
}

// globs returns the pattern, and for what may be the name of a folder one of all below it.
func (p pattern) globs() []string {
	if !p.name {
		return []string{p.glob}
	}
	return []string{p.glob, path.Join(p.glob, "**")}
}

// Outputs returns the patterns of files that need not be watched, because commands write them. Where "!" takes some
// out, all are watched, and [Rules.Decide] knows those that do nothing.
func (r *Rules) Outputs() (patterns []string) {
	for _, m := range r.outputs {
		if !slices.ContainsFunc(m, func(p pattern) bool { return p.out }) {
			patterns = append(patterns, m.globs()...)
		}
	}
	return patterns
}

func (r *Rules) Builds() (commands []string) {
	for i, rule := range r.All {
		if r.every(i) {
			commands = append(commands, rule.Run)
		}
	}
	return commands
}

// Inputs returns the patterns of the files that rule i is about, as absolute paths, and a
// function that reports whether a file is among them: "!" takes some out again.
func (r *Rules) Inputs(i int) (globs []string, match func(file string) bool) {
	return r.changes[i].globs(), r.changes[i].matches
}

// Origin returns the pattern that glob is made of, and where its rule is written; "": glob is none of [Rules.Patterns].
func (r *Rules) Origin(glob string) (pattern, where string) {
	for i, change := range r.changes {
		for k, p := range change {
			if !p.out && slices.Contains(p.globs(), glob) {
				return r.All[i].Change[k], r.All[i].Where
			}
		}
	}
	return "", ""
}

// Output returns the rule of which a file is an output; nil: the file is none.
func (r *Rules) Output(file string) *Rule {
	for i, m := range r.outputs {
		if m.matches(file) {
			return &r.All[i]
		}
	}
	return nil
}

// Made returns the paths that must be there once the command of rule i has run: those of its
// outputs, of a pattern the folder in which the pattern begins.
func (r *Rules) Made(i int) (paths []string) {
	for _, p := range r.outputs[i] {
		if !p.out {
			start, rest := doublestar.SplitPattern(p.glob)
			if p.name && !strings.Contains(rest, "{") {
				start = path.Join(start, rest)
			}
			paths = append(paths, strings.ReplaceAll(start, `\\`, `\`)) // which SplitPattern leaves as they are
		}
	}
	return paths
}
