package proc

import (
	"slices"
	"testing"
)

func TestMemoryFiles(t *testing.T) {
	for groups, want := range map[string][]string{
		"0::/user.slice/app.scope\n": {"/m/user.slice/app.scope/memory.events", "/m/memory.events"},
		"0::/\n":                     {"/m/memory.events", "/m/memory.events"},
		"12:cpu,cpuacct:/x\n4:memory:/docker/1\n1:name=systemd:/y\n": {"/m/memory/docker/1/memory.oom_control", "/m/memory/memory.oom_control"},
		"": nil, "nonsense\n": nil,
	} {
		if got := memoryFiles(groups, "/m"); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", groups, got, want)
		}
	}
}

func TestOOMKills(t *testing.T) {
	for text, want := range map[string]int{
		"low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n": 1, // version 2
		"oom_kill_disable 0\nunder_oom 0\noom_kill 7\n":               7, // version 1
		"oom_kill_disable 0\nunder_oom 0\n":                           -1,
		"oom_kill x\n":                                                -1,
		"":                                                            -1,
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
