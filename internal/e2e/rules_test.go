//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// ruled is a copy of an example with its hotswap.yaml. Each run of its scripts adds a line to
// the file runs.
func ruled(t *testing.T, example string, scripts ...string) (dir string) {
	t.Helper()
	dir = project(t, example)
	b := testkit.Must(os.ReadFile(filepath.Join(root, "examples", example, "hotswap.yaml")))(t)
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
	b := testkit.Must(os.ReadFile(file))(t)
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

// A server of plugins on Bun: types are made anew before the swap, and what is made causes no
// second one. A new plugin is one swap, with its migration.
func TestRulesOfPlugins(t *testing.T) {
	t.Parallel()
	dir := ruled(t, "plugins", "migrate", "gen:types")
	path := filepath.Join(dir, "node_modules/.bin") + ":" + os.Getenv("PATH")
	h := start(t, options{dir: dir, env: []string{"PATH=" + path}})
	tr := h.under(getsOnly())
	types, migrations, served := 0, 1, 1
	swapped := func(files ...string) {
		t.Helper()
		served++
		if l := h.Serving(served); !slices.Equal(l.Files, files) {
			t.Errorf("generation %d is for %q, want %q", served, l.Files, files)
		}
		if got := runs(dir, "gen:types"); got != types {
			t.Errorf("types were made %d times, want %d", got, types)
		}
		if got := runs(dir, "migrate"); got != migrations {
			t.Errorf("%d migrations, want %d", got, migrations)
		}
		tr.More(20)
	}
	change(t, filepath.Join(dir, "plugins/tags/schema.ts"), `name:`, "name1:")
	types++
	swapped("plugins/tags/schema.ts")
	has(t, filepath.Join(dir, "src/generated/plugins.ts"), "name1: string")
	save(t, filepath.Join(dir, "src/version.ts"), 2)
	swapped("src/version.ts")
	tr.Answers("2", 20)
	change(t, filepath.Join(dir, "README.md"), `^# plugins.*`, "# plugins 1") // nothing
	// The plugin comes as a whole: hotswap does not watch the folder in which it is made.
	next := t.TempDir()
	for _, file := range []string{"index.ts", "schema.ts", "migrations/0001_tags.sql"} {
		b := testkit.Must(os.ReadFile(filepath.Join(dir, "plugins/tags", file)))(t)
		to := filepath.Join(next, "colors", strings.ReplaceAll(file, "tags", "colors"))
		write(t, to, strings.ReplaceAll(string(b), "tags", "colors"))
	}
	testkit.NoError(t, os.Rename(filepath.Join(next, "colors"), filepath.Join(dir, "plugins/colors")))
	types++
	migrations++
	swapped("plugins/colors/index.ts", "plugins/colors/migrations/0001_colors.sql", "plugins/colors/schema.ts")
	r := testkit.Must(http.Get("http://" + h.addr() + "/colors"))(t)
	b, err := io.ReadAll(r.Body)
	if r.Body.Close(); string(b) != "[]" {
		t.Errorf("the new plugin answers %q, %v", b, err)
	}
	save(t, filepath.Join(dir, "src/version.ts"), 3)
	swapped("src/version.ts")
	tr.end(t)
	h.signal(os.Interrupt)
	h.Exit()
	if got := h.Count(is("serving")); got != served {
		t.Errorf("%d generations served, want %d", got, served)
	}
}
