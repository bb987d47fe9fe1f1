package changes

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// checks returns the steps that compile changed files, if a program runs that the next start ends first. They come
// before the steps of rules, and also without files: those of a check that has failed join the next one.
func (t *tracker) checks(st report.Status, files []string) (steps []report.Step) {
	gen := st.Alone
	a := t.adapters.Of(gen)
	if gen == 0 || a.Wire == nil {
		return nil
	}
	var all []string
	for _, file := range files {
		all = append(all, regular.Real(file))
	}
	// With other settings the next process may compile what this one cannot.
	if a.Files.Checks() && !slices.ContainsFunc(all, func(file string) bool {
		return settings().MatchString(filepath.Base(file))
	}) {
		t.checked.Store(int64(gen))
		steps = append(steps, report.Step{Order: -1, Name: report.Check, Once: true,
			Files: report.Files(all, []string{})})
	}
	if t.python == nil {
		return steps
	}
	procs, _ := standby.ReadProcesses(a.Tree()) // with an error nothing is known
	for _, p := range procs {
		command, known := t.python.Compiler(gen, p)
		if command == "" {
			continue
		}
		for i, file := range known {
			known[i] = regular.Real(file)
		}
		theirs := slices.DeleteFunc(slices.Clone(all), func(file string) bool { return !slices.Contains(known, file) })
		step := report.Step{Order: -1, Name: report.Check, Command: command, Files: report.Files(theirs, []string{})}
		if i := slices.IndexFunc(steps, step.Is); i >= 0 {
			steps[i].Files = report.Files(steps[i].Files, step.Files)
		} else {
			steps = append(steps, step)
		}
	}
	return steps
}

// settings matches files that may say how others are compiled.
var settings = lazy.Pattern(`^\.|^package\.json$|^[jt]sconfig.*\.json$|\.config\.\w+$`)

// check has the adapters of Node compile files. It is the task of a step without a command.
type check struct {
	t     *tracker
	files []string
}

// Begin returns a [report.Uncompiled] if a process cannot compile a file.
func (c check) Begin(ctx context.Context) (needed bool, err error) {
	a := c.t.adapters.Of(handoff.GenID(c.t.checked.Load()))
	if a.Wire == nil || len(c.files) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, wait.Reply)
	defer cancel()
	if lines := a.Files.Check(ctx, c.files); lines != nil {
		return false, report.Uncompiled{Lines: lines}
	}
	return false, nil
}

// End is never called, because no command is needed.
func (check) End(bool) {}
