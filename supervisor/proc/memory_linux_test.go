package proc

import (
	"slices"
	"testing"
)

func TestMemoryFiles(t *testing.T) {
	for groups, want := range map[string][]string{
		"0::/user.slice/app.scope\n":  {"/m/user.slice/app.scope/memory.events", "/m/memory.events"},
		"0::/\n":                      {"/m/memory.events", "/m/memory.events"},
		"4:memory:/docker/1\n0::/x\n": {"/m/x/memory.events", "/m/memory.events"},
		"":                            nil, "nonsense\n": nil,
	} {
		if got := memoryFiles(groups, "/m"); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", groups, got, want)
		}
	}
}

func TestOOMKills(t *testing.T) {
	for text, want := range map[string]int{
		"low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n": 1,
		"oom_kill x\n": -1,
		"":             -1,
	} {
		n, ok := oomKills(text)
		if !ok {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d, want %d", text, n, want)
		}
	}
}
