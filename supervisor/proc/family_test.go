package proc

import (
	"slices"
	"testing"
)

// A table of processes: a keeper 10 of hotswap 5, its program 11 with a child 12, and strangers.
func TestFamily(t *testing.T) {
	all := func(extra ...stat) []stat {
		return append([]stat{{pid: 1}, {pid: 5, parent: 1, group: 5, start: 1},
			{pid: 10, parent: 5, group: 10, start: 2}, {pid: 99, parent: 5, group: 5, start: 2}}, extra...)
	}
	var f relatives
	f.add(Identity{PID: 11, Start: 3})
	for _, step := range []struct {
		what string
		all  []stat
		want []int
	}{
		{"the program and its child", all(stat{pid: 11, parent: 10, group: 11, start: 3},
			stat{pid: 12, parent: 11, group: 11, start: 4}), []int{11, 12}},
		{"an orphan of the group", all(stat{pid: 14, parent: 13, group: 14, start: 6},
			stat{pid: 13, parent: 1, group: 11, start: 5}, stat{pid: 11, parent: 10, group: 11, start: 3}),
			[]int{11, 13, 14}},
		{"what is left of the group", all(stat{pid: 13, parent: 1, group: 11, start: 5}), []int{13}},
		{"a stranger has the ID", all(stat{pid: 11, parent: 1, group: 11, start: 50}), nil},
		{"and a group of it", all(stat{pid: 23, parent: 1, group: 11, start: 53}), nil},
	} {
		var got []int
		for _, s := range f.of(step.all, 10) {
			got = append(got, s.pid)
		}
		slices.Sort(got)
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.what, got, step.want)
		}
	}
}

// A process stays below the keeper, 10, while those above it end, and no stranger comes below by an ID that is used
// again.
func TestAncestry(t *testing.T) {
	for what, c := range map[string]struct {
		parents []map[int]int // of one step of a look after another
		want    []int
	}{
		"below":           {[]map[int]int{{12: 11, 11: 10}}, []int{11}},
		"its parent ends": {[]map[int]int{{12: 11, 11: 10}, {12: 10}}, []int{}},
		"two above it end in turn": {[]map[int]int{{12: 13, 13: 11, 11: 10}, {12: 11, 11: 10}, {12: 11, 11: 10},
			{12: 10}}, []int{}},
		"it ends":                      {[]map[int]int{{12: 11, 11: 10}, {11: 10}}, nil},
		"a stranger":                   {[]map[int]int{{12: 9, 9: 1}}, nil},
		"one of ours gets an ID above": {[]map[int]int{{12: 9, 9: 1}, {12: 1, 9: 10}}, nil},
	} {
		steps := -1
		got, ok := ancestry(12, 10, func(pid int) int { steps++; return c.parents[min(steps, len(c.parents)-1)][pid] })
		if ok != (c.want != nil) || ok && !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", what, got, ok)
		}
	}
}
