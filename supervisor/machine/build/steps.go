package build

import (
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// mergeSteps returns the steps of both lists, in order, each once; b is newer.
func mergeSteps(a, b []report.Step) []report.Step {
	if len(a) == 0 || len(b) == 0 {
		return slices.Concat(a, b)
	}
	out := slices.Concat(stepsWithout(a, b), withFiles(b, a))
	slices.SortStableFunc(out, func(x, y report.Step) int { return x.Order - y.Order })
	return out
}

// withFiles returns the steps, each for the files of the same step among others, too.
func withFiles(steps, others []report.Step) (out []report.Step) {
	for _, s := range steps {
		for _, other := range others {
			if s.Is(other) {
				s.Files = report.Files(s.Files, other.Files)
			}
		}
		out = append(out, s)
	}
	return out
}

// stepsWithout returns the steps of a that are not in b.
func stepsWithout(a, b []report.Step) []report.Step {
	return slices.DeleteFunc(slices.Clone(a), func(s report.Step) bool { return slices.ContainsFunc(b, s.Is) })
}
