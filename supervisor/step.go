package supervisor

import (
	"context"
	"slices"
)

// Step is a command that runs before a start. The zero value is none.
type Step struct {
	// Order is the place of the step among those of the same start. Steps with the same Dir,
	// Command, Alone and kind are the same step, also in two versions of the user's file.
	Order   int
	Name    string // where the user wrote it, such as "hotswap.yaml:7"; "": --build
	Command string // for sh -c
	Dir     string // in which it runs; "": that of the program
	// Parallel: the step may run beside those next to it that are parallel too.
	Parallel bool
	// Alone: the serving generation, and every other, ends before the step runs.
	Alone bool
	// Writes: [Config.BuildTransport] is to know what the step writes, from its first run on.
	Writes bool
	// Task decides whether the step has to run. Nil: it always has.
	Task Task
	// Owed: a request has the step only because the task may have to run. No file of the request is
	// the step's, so a run that is under way goes on.
	Owed bool
}

// Task is a step that runs only when it is owed. The builder's goroutine calls its methods.
type Task interface {
	// Begin reports whether the command has to run. It may wait until no other process runs a
	// task of the project, at most until ctx ends. After run, End follows.
	Begin(ctx context.Context) (run bool, err error)
	// End says how the command that Begin wanted has ended.
	End(succeeded bool)
}

// is reports whether two steps are the same.
func (s Step) is(other Step) bool {
	return s.Dir == other.Dir && s.Command == other.Command && s.Alone == other.Alone && (s.Task == nil) == (other.Task == nil)
}

// mergeSteps returns the steps of both lists, in order, each once; b is newer.
func mergeSteps(a, b []Step) []Step {
	if len(a) == 0 || len(b) == 0 {
		return slices.Concat(a, b)
	}
	out := slices.Concat(without(a, b), b)
	slices.SortStableFunc(out, func(x, y Step) int { return x.Order - y.Order })
	return out
}

// concerned returns the steps that read files which have changed.
func concerned(steps []Step) (out []Step) {
	for _, s := range steps {
		if !s.Owed {
			out = append(out, s)
		}
	}
	return out
}

// without returns the steps of a that are not in b.
func without(a, b []Step) (out []Step) {
	for _, s := range a {
		if !slices.ContainsFunc(b, s.is) {
			out = append(out, s)
		}
	}
	return out
}

// groups parts steps into those that run one after the other, and those that run at once.
func groups(steps []Step) (out [][]Step) {
	for i, s := range steps {
		if last := len(out) - 1; i > 0 && s.Parallel && steps[i-1].Parallel && !s.Alone && !steps[i-1].Alone {
			out[last] = append(out[last], s)
			continue
		}
		out = append(out, []Step{s})
	}
	return out
}
