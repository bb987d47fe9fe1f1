//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A server of plugins on Bun: types are made anew before the swap, and what is made causes no second one. A new plugin
// is one swap, with its migration.
func TestRulesOfPlugins(t *testing.T) {
	t.Parallel()
	dir := project(t, "plugins")
	copyFile(t, filepath.Join(root, "examples/plugins/hotswap.yaml"), filepath.Join(dir, "hotswap.yaml"))
	for _, script := range []string{"migrate", "gen:types"} {
		change(t, filepath.Join(dir, "package.json"), fmt.Sprintf(`("%s": "[^"]*)"`, script),
			fmt.Sprintf(`${1} && echo %s >> runs"`, script))
	}
	h := start(t,
		options{dir: dir, env: []string{"PATH=" + filepath.Join(dir, "node_modules/.bin") + ":" + os.Getenv("PATH")}})
	tr := h.under(getsOnly())
	swapped := func(gen, types, migrations int, files ...string) {
		t.Helper()
		if l := h.Serving(gen); !slices.Equal(l.Files, files) {
			t.Errorf("generation %d is for %q, want %q", gen, l.Files, files)
		}
		runs := string(testkit.Must(os.ReadFile(filepath.Join(dir, "runs")))(t))
		if made, migrated := strings.Count(runs, "gen:types\n"), strings.Count(runs, "migrate\n"); made != types ||
			migrated != migrations {
			t.Errorf("types were made %d times, want %d; %d migrations, want %d", made, types, migrated, migrations)
		}
		tr.More(20)
	}
	change(t, filepath.Join(dir, "plugins/tags/schema.ts"), `name:`, "name1:")
	swapped(2, 1, 1, "plugins/tags/schema.ts")
	save(t, filepath.Join(dir, "src/version.ts"), 2)
	swapped(3, 1, 1, "src/version.ts")
	change(t, filepath.Join(dir, "README.md"), `^# plugins.*`, "# plugins 1") // nothing
	// The plugin comes as a whole: hotswap does not watch the folder in which it is made.
	next := t.TempDir()
	for _, file := range []string{"index.ts", "schema.ts", "migrations/0001_tags.sql"} {
		b := testkit.Must(os.ReadFile(filepath.Join(dir, "plugins/tags", file)))(t)
		write(t, filepath.Join(next, "colors", strings.ReplaceAll(file, "tags", "colors")),
			strings.ReplaceAll(string(b), "tags", "colors"))
	}
	testkit.NoError(t, os.Rename(filepath.Join(next, "colors"), filepath.Join(dir, "plugins/colors")))
	swapped(4, 2, 2, "plugins/colors/index.ts", "plugins/colors/migrations/0001_colors.sql", "plugins/colors/schema.ts")
	if text := get("http://" + h.addr() + "/colors"); text != "[]" {
		t.Errorf("the new plugin answers %q", text)
	}
	tr.end(t)
}
