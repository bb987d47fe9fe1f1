//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// pagePath is where the results are told.
func pagePath() string { return filepath.Join(e2etest.Root(), "docs", "faults.md") }

const pageHead = `# What happens when things break

This page is written by the fault-injection suite (` + "`internal/faults`" + `), which breaks something at each step of a swap under load and checks what the clients see. Every run of the suite demands the same of each point:

- while hotswap lives, no client is refused, and none is reset before the program has accepted its connection;
- a request fails only if it was inside a process that was killed;
- afterwards one generation serves, no other process is left, hotswap holds no more descriptors than before, and one more swap under load loses nothing;
- when hotswap itself is killed, every process below it ends, the port is free, and a fresh start serves.

To see it again: ` + "`HOTSWAP_FAULTS=1 go test -race -v ./internal/faults`" + `, and with ` + "`HOTSWAP_FAULTS_WRITE=1`" + ` to write this page anew. Nothing but Go is needed; a few points need root and say so. The load of each point is ten clients with new and kept connections, GET and POST, which never repeat a request; three of them make requests that take 300 ms. The package's comment says how a step is hit exactly.

`

const pointsHead = `## Points

The steps of a swap in order, and one step of another strategy. *Old* and *new* are the two generations:

%s
*Lost* counts requests inside a killed process; requests that ended because hotswap itself was killed are not counted. *Longest wait* is the longest time in which no new connection was answered, under the race detector and with four points at a time on two cores. %d of the %d kept connections that were closed for the old programs met HTTP's own race (docs/limits.md).

| step | who | fault | requests | lost | refused | longest wait | afterwards |
|---|---|---|---|---|---|---|---|
`

const rowsHead = `
## Events

What else may go wrong while a program runs, what its user sees, and the test that proves it.

| event | what happens | proved by |
|---|---|---|
`

// page makes it.
func page(results map[string]*result) []byte {
	var b strings.Builder
	b.WriteString(pageHead)
	var list strings.Builder
	for i, s := range steps {
		fmt.Fprintf(&list, "%d. **%s**: %s\n", i+1, s.name, s.what)
	}
	fmt.Fprintf(&b, pointsHead, list.String(), raced.Load(), closed.Load())
	for _, p := range points() {
		r := results[p.name()]
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %s | %s |\n",
			p.step, p.victim, p.fault, r.requests, r.lost, r.refused, r.wait.Round(time.Millisecond), r.state)
	}
	b.WriteString(rowsHead)
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.event, r.sees, "`"+strings.Join(r.tests, "` `")+"`")
	}
	return []byte(b.String())
}

// TestPageTellsOfEveryPoint: a point that was added, or removed, is on the page,
// or no longer there.
func TestPageTellsOfEveryPoint(t *testing.T) {
	if os.Getenv("HOTSWAP_FAULTS_WRITE") != "" {
		t.Skip("it is about to be written")
	}
	b, err := os.ReadFile(pagePath())
	if err != nil {
		t.Fatal(err)
	}
	told, events := map[string]bool{}, map[string]string{}
	for line := range strings.Lines(string(b)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		switch len(cells) {
		case 8:
			told[strings.Join([]string{strings.TrimSpace(cells[0]), cells[1], cells[2]}, ", ")] = true
		case 3:
			events[strings.TrimSpace(cells[0])] = strings.TrimSpace(cells[2])
		}
	}
	delete(told, "step, who, fault")
	delete(events, "event")
	for _, p := range points() {
		if !told[p.name()] {
			t.Errorf("docs/faults.md does not tell of: %s", p.name())
		}
		delete(told, p.name())
	}
	for name := range told {
		t.Errorf("docs/faults.md tells of what is not tried: %s", name)
	}
	for _, r := range rows {
		if want := "`" + strings.Join(r.tests, "` `") + "`"; events[r.event] != want {
			t.Errorf("docs/faults.md: %s: proved by %s, want %s", r.event, events[r.event], want)
		}
		delete(events, r.event)
	}
	for event := range events {
		t.Errorf("docs/faults.md tells of what is not known: %s", event)
	}
	if t.Failed() {
		t.Log("write it anew: HOTSWAP_FAULTS=1 HOTSWAP_FAULTS_WRITE=1 go test -race ./internal/faults")
	}
}

func TestPointsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range points() {
		if seen[p.name()] {
			t.Errorf("two points are called %s", p.name())
		}
		seen[p.name()] = true
	}
}

// TestEventsAreProvedByTestsThatExist looks for each test in its package, or for
// its script.
func TestEventsAreProvedByTestsThatExist(t *testing.T) {
	names := map[string]bool{}
	for _, p := range points() {
		names["faults: "+p.name()] = true
	}
	for _, r := range rows {
		if len(r.tests) == 0 {
			t.Errorf("%s: no test", r.event)
		}
		for _, name := range r.tests {
			switch {
			case strings.HasPrefix(name, "faults: "):
				if !names[name] {
					t.Errorf("%s: no point %q", r.event, name)
				}
			case strings.HasSuffix(name, ".txtar"):
				if _, err := os.Stat(filepath.Join(e2etest.Root(), "cmd/hotswap/testdata/script", name)); err != nil {
					t.Errorf("%s: %v", r.event, err)
				}
			default:
				if !exists(t, name) {
					t.Errorf("%s: no test %s", r.event, name)
				}
			}
		}
	}
}

// exists looks for folder.TestName.
func exists(t *testing.T, name string) bool {
	t.Helper()
	folder, test, ok := strings.Cut(name, ".")
	if !ok {
		return false
	}
	files, err := filepath.Glob(filepath.Join(e2etest.Root(), folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(b), "func "+test+"(t *testing.T)")
	})
}
