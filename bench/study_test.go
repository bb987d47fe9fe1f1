//go:build linux

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// Boots are counted from one version that is shown to the next, also those that show nothing.
func TestBootsBetweenVersionsAreCounted(t *testing.T) {
	begun := time.Now()
	at := func(seconds ...int) (all []time.Time) {
		for _, s := range seconds {
			all = append(all, begun.Add(time.Duration(s)*time.Second))
		}
		return all
	}
	for name, c := range map[string]struct {
		boots, showings []time.Time
		most            int
		longest         time.Duration
	}{
		"each boot is shown":     {at(1, 5), at(4, 8), 1, 4 * time.Second},
		"one is given up":        {at(1, 2, 6), at(5, 9), 2, 5 * time.Second},
		"three until the second": {at(1, 5, 6, 7), at(4, 11), 3, 7 * time.Second},
		"nothing is shown":       {at(1, 2), nil, 0, 0},
	} {
		if most, longest := bootsBetween(begun, c.boots, c.showings); most != c.most || longest != c.longest {
			t.Errorf("%s: %d boots, %v; want %d, %v", name, most, longest, c.most, c.longest)
		}
	}
}

func TestSessionShowsEachSave(t *testing.T) {
	session := tracked(true, 900, 1100, 300, 200)
	session.Samples[1].Superseded = true
	watcher := tracked(false, 15000, 9000, 1000)
	watcher.Samples[0].Superseded, watcher.Samples[1].Superseded = true, true
	want := "| a title | 1,000 | 1 | 0.90, 1.10*, 0.30, 0.20 | **0.60** | 1.10 | 0.30 |\n"
	if got := sessionRow("a title", 1, unhindered(watcher), session); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A standby that knows of each package that it did something loads none. The rest of the file stays.
func TestNothingIsLoadedAheadOfABareStandby(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	file := filepath.Join(cache, "packages", "one.json")
	const text = `{"format":1,"key":"k","packages":{"a":{"files":{"/a.js":{"size":1}}},"b":{"files":{},"part":true}}}`
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bare, err := withoutPackages(cache)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(bare, "packages", "one.json"))
	const did = `"did":"is left out by the benchmark",`
	want := `{"format":1,"key":"k","packages":{"a":{` + did + `"files":{"/a.js":{"size":1}}},"b":{` + did + `"files":{}}}}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != text {
		t.Errorf("the cache itself: %v %s", err, kept)
	}
	if _, err := withoutPackages(t.TempDir()); err == nil {
		t.Error("an empty cache is no fault")
	}
}

// The time of a process that has ended, and been waited for, counts.
func TestTicksCountEndedProcesses(t *testing.T) {
	cmd := exec.Command("sh", "-c", `(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done); echo ended; read line`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ended\n" {
		t.Fatal(line, err)
	}
	own, err := fresh.UsageOf(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if all := fresh.Ticks(cmd.Process.Pid); all <= float64(own.Ticks) {
		t.Errorf("%v ticks in all, %d of the process itself", all, own.Ticks)
	}
}

// hono-large is generated: the same files each time.
func TestGeneratedProjectIsTheSame(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs Node")
	}
	var generated [2][]byte
	for i := range generated {
		dir := t.TempDir()
		script := filepath.Join(stacksFolder(), "hono-large", "generate.mjs")
		if err := execute(dir, node, script); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "src/modules/*/*.ts"))
		if err != nil || len(files) < 430 {
			t.Fatalf("%d files, want 430 at least: %v", len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			generated[i] = append(append(generated[i], strings.TrimPrefix(file, dir)...), text...)
		}
	}
	if !bytes.Equal(generated[0], generated[1]) {
		t.Error("two projects differ")
	}
}
