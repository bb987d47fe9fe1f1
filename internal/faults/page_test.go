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
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pagePath is the page that has the results between two marks.
func pagePath() string { return filepath.Join(e2etest.Root(), "docs", "evidence.md") }

const (
	pageBegin = "<!-- faults: written by .ci/faults -->\n"
	pageEnd   = "<!-- /faults -->\n"
)

// group is all points that break one thing in one party: a row of the table.
type group struct {
	fault  string
	victim victim
	points []point
}

// head returns the row up to the figures.
func (g group) head() string {
	return fmt.Sprintf("| %s | %s | %d |", g.fault, g.victim, len(g.points))
}

// groups returns those that break at several moments of a swap, and the points that
// break at one moment only.
func groups() (several []group, single []point) {
	for _, p := range points() {
		i := slices.IndexFunc(several, func(g group) bool { return g.fault == p.fault && g.victim == p.victim })
		if i < 0 {
			several = append(several, group{fault: p.fault, victim: p.victim})
			i = len(several) - 1
		}
		several[i].points = append(several[i].points, p)
	}
	several = slices.DeleteFunc(several, func(g group) bool {
		if len(g.points) == 1 {
			single = append(single, g.points[0])
		}
		return len(g.points) == 1
	})
	return several, single
}

// worst returns the most lost requests and the longest wait of the points.
func worst(points []point, results map[string]*result) (lost int, wait time.Duration) {
	for _, p := range points {
		lost, wait = max(lost, results[p.name()].lost), max(wait, results[p.name()].wait)
	}
	return lost, wait.Round(time.Millisecond)
}

// page returns the part of the page that is written here.
func page(results map[string]*result) string {
	var b strings.Builder
	requests := uint64(0)
	for _, r := range results {
		requests += r.requests
	}
	fmt.Fprintf(&b, "%d points, %d requests.\n\n", len(results), requests)
	b.WriteString("| fault | of | moments | lost, at most | longest wait |\n|---|---|--:|--:|--:|\n")
	several, single := groups()
	for _, g := range several {
		lost, wait := worst(g.points, results)
		fmt.Fprintf(&b, "%s %d | %v |\n", g.head(), lost, wait)
	}
	lost, wait := worst(single, results)
	fmt.Fprintf(&b, "| others | | %d | %d | %v |\n", len(single), lost, wait)
	return b.String()
}

// write replaces what the page has between the marks.
func write(t *testing.T, text string) {
	t.Helper()
	b := testkit.Must(os.ReadFile(pagePath()))(t)
	before, rest, begun := strings.Cut(string(b), pageBegin)
	_, after, ended := strings.Cut(rest, pageEnd)
	if !begun || !ended {
		t.Fatalf("%s has no %q … %q", pagePath(), pageBegin, pageEnd)
	}
	testkit.NoError(t, os.WriteFile(pagePath(), []byte(before+pageBegin+text+pageEnd+after), 0o644))
}

// TestPageTellsOfEveryPoint: a point that was added is on the page, and one that was removed is not.
func TestPageTellsOfEveryPoint(t *testing.T) {
	if os.Getenv("HOTSWAP_FAULTS_WRITE") != "" {
		return // it is about to be written
	}
	b := testkit.Must(os.ReadFile(pagePath()))(t)
	_, rest, _ := strings.Cut(string(b), pageBegin)
	text, _, _ := strings.Cut(rest, pageEnd)
	several, single := groups()
	want := []string{fmt.Sprintf("%d points, ", len(points())), fmt.Sprintf("| others | | %d |", len(single))}
	for _, g := range several {
		want = append(want, g.head())
	}
	for _, line := range want {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("docs/evidence.md has no line that begins with %q", line)
		}
	}
	if n := strings.Count(text, "\n|"); n != len(several)+3 {
		t.Errorf("docs/evidence.md has %d lines of the table of faults, want %d", n, len(several)+3)
	}
	if t.Failed() {
		t.Log("write it anew: HOTSWAP_FAULTS=1 HOTSWAP_FAULTS_WRITE=1 go test ./internal/faults")
	}
}
