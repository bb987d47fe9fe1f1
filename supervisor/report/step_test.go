package report

import (
	"slices"
	"testing"
)

func commands(steps []Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.Command)
	}
	return out
}

func TestStepsMergeInOrder(t *testing.T) {
	a := []Step{{Order: 1, Command: "b"}, {Order: 4, Command: "e"}}
	b := []Step{{Order: 0, Command: "a"}, {Order: 1, Command: "b"}, {Order: 1, Command: "other"}, {Order: 2, Command: "c"}}
	if got := commands(MergeSteps(a, b)); !slices.Equal(got, []string{"a", "b", "other", "c", "e"}) {
		t.Error(got)
	}
	if got := commands(StepsWithout(b, a)); !slices.Equal(got, []string{"a", "other", "c"}) {
		t.Error(got)
	}
}
