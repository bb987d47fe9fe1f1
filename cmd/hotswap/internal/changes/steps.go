package changes

import (
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// Steps are the commands of a project's rules. Steps are constant when files are watched; any goroutine may use them.
type Steps struct {
	*rule.Rules
	all     []report.Step
	tasks   map[int]Task // by rule
	tracker *tracker     // which has processes compile what has changed; nil: no file is watched
}

// Task is a step that runs only when owed. Any goroutine may call the methods.
type Task interface {
	supervisor.Task
	Owed() bool // reports whether the last run has failed, or the inputs have changed since
	Changed()   // notes that an input has changed
}

// NewSteps returns the commands of rules. task makes the task of the rule with that number.
func NewSteps(rules *rule.Rules, task func(i int) Task) *Steps {
	s := &Steps{Rules: rules, tasks: map[int]Task{}}
	for i, r := range rules.All {
		step := report.Step{Order: i, Name: r.Where, Command: r.Run, Alone: r.StopFirst, Writes: len(r.Change) > 0,
			Once: r.Once}
		if r.Once {
			s.tasks[i] = task(i)
		}
		s.all = append(s.all, step)
	}
	return s
}

// reads reports whether a command of a rule may read a file.
func (s *Steps) reads(path string) bool {
	return len(s.Builds()) > 0 || s.Matches(path)
}

// Task returns the task that decides whether the step has to run.
func (s *Steps) Task(step report.Step) supervisor.Task {
	if step.Name == report.Check {
		return check{s.tracker, step.Files}
	}
	return s.tasks[step.Order]
}

// Starting returns the steps before a start that no change caused.
func (s *Steps) Starting() []report.Step { return s.of(rule.Plan{}, s.Starts()) }

// of returns the steps of a plan, and the tasks that are owed for another reason.
func (s *Steps) of(p rule.Plan, runs []int) (steps []report.Step) {
	for i, step := range s.all {
		task, asked := s.tasks[i], slices.Contains(p.Steps, i)
		if task != nil && asked {
			task.Changed()
		}
		if slices.Contains(runs, i) && !s.All[i].Beside || task != nil && len(p.Swap) > 0 && task.Owed() {
			step.Owed = step.Once && !asked // it compares its inputs: their change may not be known here
			steps = append(steps, step)
		}
	}
	return steps
}

// Applied is what a rule did instead of a start.
type Applied struct {
	Rule     rule.Rule
	Files    []string // as people see them
	PID      int      // that got the rule's signal; 0: no process handles it
	Browsers bool     // browsers can be connected
}

func (s *Steps) apply(e Engine, reporter Reporter, changes []watch.Change) {
	rel := map[string]string{}
	var paths []string
	var change supervisor.Change
	for _, c := range changes {
		rel[c.Path] = c.Rel
		paths = append(paths, c.Path)
	}
	p := s.Decide(paths)
	byRule := map[int][]string{}
	change.Steps, change.Only = s.of(p, p.Steps), len(p.Swap) == 0
	for k, rules := range p.Matches {
		for _, i := range rules {
			byRule[i] = append(byRule[i], changes[k].Rel)
		}
	}
	for _, path := range p.Swap {
		change.Files = append(change.Files, rel[path])
	}
	if change.Only {
		for _, i := range p.Steps {
			change.Files = append(change.Files, byRule[i]...)
		}
		change.Files = slices.Compact(slices.Sorted(slices.Values(change.Files))) // two rules may match one
	}
	for _, i := range p.Steps {
		if r := s.All[i]; r.Beside {
			change.Beside = append(change.Beside, report.Happening{Event: r.Where, Files: byRule[i]})
		}
	}
	for i, step := range change.Steps {
		files := byRule[step.Order]
		if len(s.All[step.Order].Change) == 0 {
			files = change.Files
		}
		var lines []string // none for a task that is owed
		for _, file := range files {
			lines = append(lines, plain.Line(file))
		}
		change.Steps[i].Files = report.Files(lines, lines)
	}
	tell := func(browsers bool) { s.tell(e, reporter, byRule, browsers) }
	now := len(change.Steps) == 0
	if now {
		tell(false)
	} else {
		change.Then = func() { tell(false); tell(true) } // a signal, or browsers, may be about what a command makes
	}
	if !change.Only && s.tracker != nil {
		change.Steps = append(s.tracker.checks(e.Supervisor.Current(), p.Swap), change.Steps...)
	}
	if !change.Only || len(change.Steps)+len(change.Beside) > 0 {
		e.Supervisor.Batch(change)
		e.Supervisor.Current() // from now on browsers know of a start, and wait for the generation that it brings
	}
	if now {
		tell(true)
	}
}

// tell does what rules want instead of a start (a message to browsers; or a signal, nothing), and reports that.
func (s *Steps) tell(e Engine, reporter Reporter, byRule map[int][]string, browsers bool) {
	for i, r := range s.All {
		if len(byRule[i]) == 0 || browsers != (r.Browser != "") {
			continue
		}
		done := Applied{Rule: r, Files: byRule[i]}
		switch {
		case r.Signal != 0:
			done.PID = e.Signal(r.Signal)
		case r.Browser != "" && e.Browser != nil:
			done.Browsers = e.Browser(r.Browser, byRule[i])
		case r.Browser == "" && r.Run != "":
			continue // the supervisor reports it
		}
		reporter.Applied(done)
	}
}
