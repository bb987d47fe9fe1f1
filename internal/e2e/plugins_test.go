//go:build linux

package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
	for _, file := range []string{"index.ts", "schema.ts", "migrations/0001_tags.sql"} {
		b, err := os.ReadFile(filepath.Join(dir, "plugins/tags", file))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, "next", strings.ReplaceAll(file, "tags", "colors"))
		write(t, to, strings.ReplaceAll(string(b), "tags", "colors"))
	}
	if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "plugins/colors")); err != nil {
		t.Fatal(err)
	}
	types++
	migrations++
	swapped("plugins/colors/index.ts", "plugins/colors/migrations/0001_colors.sql", "plugins/colors/schema.ts")
	r, err := http.Get("http://" + h.addr() + "/colors")
	if err != nil {
		t.Fatal(err)
	}
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
