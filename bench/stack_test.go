//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
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

// Saves write in place and rename in turns, in each file.
func TestSaveChangesFilesInTurns(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("const saved = 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := &fresh.Process{Dir: dir, Version: 1}
	var styles []string
	for range 4 {
		style, _, err := p.Save(fresh.Program{Edited: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		styles = append(styles, style)
	}
	a, _ := os.ReadFile(filepath.Join(dir, "a"))
	b, _ := os.ReadFile(filepath.Join(dir, "b"))
	if string(a) != "const saved = 5\n" || string(b) != "const saved = 4\n" || !slices.Equal(styles, []string{fresh.InPlace, fresh.Renamed, fresh.InPlace, fresh.Renamed}) {
		t.Errorf("%q, %q, %v", a, b, styles)
	}
}

// A check runs until its input ends. What it has started ends with it.
func TestCheckSaysWhatItSaw(t *testing.T) {
	p := &fresh.Process{Dir: t.TempDir(), Port: "17", Log: filepath.Join(t.TempDir(), "log")}
	for code, wrong := range map[string]bool{"0": false, "1": true} {
		m := &stackMeasure{stack: &stack{Check: []string{"sh", "-c", "sleep 1000 & cat; echo $PORT rows; exit " + code}}}
		end, err := m.check(p)
		if err != nil {
			t.Fatal(err)
		}
		if said, failed := end(); said != "17 rows" || failed != wrong {
			t.Errorf("exit %s: %q, %v", code, said, failed)
		}
	}
}

func tracked(hotswap bool, ms ...float64) *fresh.Track {
	t := &fresh.Track{Hotswap: hotswap, Contender: "tsx watch", Load: "1.00 1 1", Evidence: &fresh.Evidence{Starts: map[string]int{"cold": 1}, OwnCodeWarm: 70, Answer: 5, Early: 190, Late: 200}, Memory: &fresh.Memory{Program: 80, Standby: 60}}
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
		if broken(other); other.fault() == nil {
			t.Errorf("%s is no fault", name)
		}
	}
}

// A later file's stack replaces that of an earlier one.
func TestStackResultsAreJoined(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	first, second := measuredStacks(), measuredStacks()
	second.Stacks[0].Title = "newer"
	first.LeftOut = []fresh.LeftOut{{Program: "one"}}
	for i, r := range []*stacksResult{first, second} {
		if err := r.save(dirs[i]); err != nil {
			t.Fatal(err)
		}
	}
	joined, err := readStackResults([]string{filepath.Join(dirs[0], "stacks.json"), filepath.Join(dirs[1], "stacks.json")})
	if err != nil {
		t.Fatal(err)
	}
	if len(joined.Stacks) != 1 || len(joined.LeftOut) != 0 || joined.Stacks[0].Title != "newer" {
		t.Errorf("joined:\n%s", joined.table())
	}
}
