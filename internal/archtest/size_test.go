package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mainLines limits package main, which wires and decides nothing. A sub-command takes some 40 lines.
const mainLines = 1550

// roomLines limits each package below cmd/hotswap/internal.
const roomLines = 2500

func TestPackagesStaySmall(t *testing.T) {
	for _, p := range list(t) {
		limit := roomLines
		switch room := strings.TrimPrefix(p.ImportPath, module); {
		case room == "cmd/hotswap":
			limit = mainLines
		case !strings.HasPrefix(room, "cmd/hotswap/internal/"):
			continue
		}
		lines := 0
		for _, file := range p.goFiles(t) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			lines += countLines(t, file)
		}
		if lines > limit {
			t.Errorf("%s has %d production lines, more than %d: which second job does it do?", p.ImportPath, lines, limit)
		}
	}
}

// A long file is a question, not a fault: which second noun lives here?
func TestFilesStaySmall(t *testing.T) {
	for _, p := range list(t) {
		for _, file := range p.goFiles(t) {
			if n := countLines(t, file); n > 450 {
				t.Errorf("%s: %d lines: which second noun lives here?", file, n)
			}
		}
	}
}

func (p listed) goFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func countLines(t *testing.T, file string) int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}
