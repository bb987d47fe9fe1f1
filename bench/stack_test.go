//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// Each file that a save changes has one line to change, and each project of Node pins its
// packages.
func TestStacksCanBeSaved(t *testing.T) {
	stacks, err := readStacks(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(stacks) < 15 {
		t.Errorf("%d stacks, want at least 15", len(stacks))
	}
	for _, s := range stacks {
		dir := s.dir
		for _, file := range s.Saves {
			if compiled, ok := strings.CutPrefix(file, "dist/"); ok {
				file = filepath.Join("src", strings.TrimSuffix(compiled, ".js")+".ts")
			}
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Error(err)
			}
			if n := len(fresh.SavedLine.FindAll(text, -1)); n != 1 {
				t.Errorf("%s/%s: %d places to change, want 1", s.Name, file, n)
			}
		}
		_, manifest := os.Stat(filepath.Join(dir, "package.json"))
		_, lock := os.Stat(filepath.Join(dir, "package-lock.json"))
		if manifest == nil && lock != nil {
			t.Error(lock)
		}
	}
}

func tracked(hotswap bool, ms ...float64) *fresh.Track {
	t := &fresh.Track{Hotswap: hotswap, Contender: "tsx watch", Load: "1.00 1 1",
		Evidence: &fresh.Evidence{Starts: map[string]int{"cold": 1}, OwnCodeWarm: 70, Answer: 5},
		Memory:   &fresh.Memory{Program: 80, Standby: 60}}
	for _, ms := range ms {
		t.Samples = append(t.Samples, &fresh.Sample{MS: ms})
	}
	t.Count()
	return t
}

func measuredStacks() *stacksResult {
	return &stacksResult{Machine: "a machine", Stacks: []*stackResult{{
		Name: "one", Title: "title of one", Limit: 0.15, First: tracked(true, 900, 80, 90),
		Runs:   []*fresh.Track{tracked(true, 300, 100, 90), tracked(true, 80, 120, 140)},
		Rivals: [][]*fresh.Track{{tracked(false, 1000, 1100, 900)}},
	}}}
}

// The worst run counts, not the median of all runs; the first start is apart.
func TestWorstRunCounts(t *testing.T) {
	r := measuredStacks()
	want := "| title of one | tsx watch 1,000 | 120 | **0.12** | 300 | 75 |\n"
	if got := r.table(); !strings.Contains(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if err := r.fault(); err != nil {
		t.Error(err)
	}
	for name, broken := range map[string]func(*stacksResult){
		"a slow run":                      func(r *stacksResult) { r.Stacks[0].Runs[1].Figures.Median = 151 },
		"a failed request":                func(r *stacksResult) { r.Stacks[0].Runs[0].Figures.Failed = 1 },
		"a stale answer at the first one": func(r *stacksResult) { r.Stacks[0].First.Figures.Stale = 1 },
		"a check that has failed":         func(r *stacksResult) { r.Stacks[0].Runs[0].Unkept = true },
		"a stack that is left out":        func(r *stacksResult) { r.LeftOut = []fresh.LeftOut{{Program: "two"}} },
		"no rival":                        func(r *stacksResult) { r.Stacks[0].Rivals = nil },
	} {
		other := measuredStacks()
		broken(other)
		if other.fault() == nil {
			t.Errorf("%s is no fault", name)
		}
	}
}
