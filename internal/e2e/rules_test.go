//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// ruled is a copy of an example with its hotswap.yaml. Each run of its scripts adds a line to
// the file runs.
func ruled(t *testing.T, example string, scripts ...string) (dir string) {
	t.Helper()
	dir = project(t, example)
	b, err := os.ReadFile(filepath.Join(root, "examples", example, "hotswap.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "hotswap.yaml"), string(b))
	for _, script := range scripts {
		change(t, filepath.Join(dir, "package.json"), fmt.Sprintf(`("%s": "[^"]*)"`, script), fmt.Sprintf(`${1} && echo %s >> runs"`, script))
	}
	return dir
}

// runs returns how often a script has run.
func runs(dir, script string) int {
	b, _ := os.ReadFile(filepath.Join(dir, "runs"))
	return strings.Count(string(b), script+"\n")
}

// change replaces what a pattern matches in a file, which must be there.
func change(t *testing.T, file, pattern, by string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	re := regexp.MustCompile(pattern)
	if !re.Match(b) {
		t.Fatalf("%s has no %s", file, pattern)
	}
	write(t, file, re.ReplaceAllString(string(b), by))
}

func has(t *testing.T, file, text string) {
	t.Helper()
	if b, err := os.ReadFile(file); err != nil || !strings.Contains(string(b), text) {
		t.Errorf("%s has no %s (%v)", filepath.Base(file), text, err)
	}
}

// A service with a single-writer database: edits of routes and services, and new migrations.
// Each script runs when its files have changed, and only then.
func TestRulesOfHonoCDC(t *testing.T) {
	t.Parallel()
	dir, port := ruled(t, "hono-cdc", "migrate", "openapi"), freePort(t)
	env := []string{"PORT=" + port}
	edits := 3 // a migration, a route, a migration
	if full() {
		edits = 40
	}
	h := start(t, options{dir: dir, env: env})
	h.Serving(1)
	// Clients wait between two processes of a single-writer database.
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	routes, described, migrations := 0, 0, 1
	for n := 1; n <= edits; n++ {
		switch {
		case n == edits/3 || n == edits:
			migration(t, dir, migrations)
			migrations++
		case n%2 == 0:
			change(t, filepath.Join(dir, "src/routes/status.ts"), `Who serves,? after \w+ while\w*`, fmt.Sprintf("Who serves after a while%d", n))
			routes++
		default:
			change(t, filepath.Join(dir, "src/services/prices.ts"), `free: \d+`, fmt.Sprintf("free: %d", n))
		}
		h.Serving(1 + n)
		if routes > described { // before the swap
			described = routes
			has(t, filepath.Join(dir, "openapi.json"), fmt.Sprintf("Who serves after a while%d", n))
		}
		if got := runs(dir, "openapi"); got != routes {
			t.Errorf("after edit %d: OpenAPI was made %d times, routes have changed %d times", n, got, routes)
		}
		if got := runs(dir, "migrate"); got != migrations {
			t.Errorf("after edit %d: %d migrations for %d sets of files", n, got, migrations)
		}
		tr.more(20)
	}
	tr.end()
	if got := h.Count(is("serving")); got != edits+1 {
		t.Errorf("%d generations served, want %d", got, edits+1)
	}
	h.signal(os.Interrupt)
	h.Exit()
	h = start(t, options{dir: dir, env: env})
	h.Serving(1)
	if got := runs(dir, "migrate"); got != 3 {
		t.Errorf("%d migrations, want 3: the next hotswap has nothing to migrate", got)
	}
}

// migration adds one to drizzle's folder, as drizzle-kit does.
func migration(t *testing.T, dir string, n int) {
	t.Helper()
	tag := fmt.Sprintf("%04d_note", n)
	write(t, filepath.Join(dir, "drizzle", tag+".sql"), fmt.Sprintf(`ALTER TABLE "customers" ADD COLUMN "note%d" text;`, n))
	change(t, filepath.Join(dir, "drizzle/meta/_journal.json"), `true }\n`,
		fmt.Sprintf("true },\n    { \"idx\": %d, \"version\": \"7\", \"when\": %d, \"tag\": %q, \"breakpoints\": true }\n", n, 1767225600000+n*1000, tag))
}
