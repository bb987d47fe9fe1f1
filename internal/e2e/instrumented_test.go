//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// instrumented copies two files of testdata/instrumented to a folder of the test's own.
func instrumented(t testing.TB, files map[string]string) string {
	t.Helper()
	from, dir := filepath.Join(root, "internal/e2e/testdata/instrumented"), t.TempDir()
	install(t, from)
	err := os.Symlink(filepath.Join(from, "node_modules"), filepath.Join(dir, "node_modules"))
	for name, as := range files {
		b, readErr := os.ReadFile(filepath.Join(from, name))
		err = errors.Join(err, readErr, os.WriteFile(filepath.Join(dir, as), b, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The traces and errors of a warm start are those of a cold one, whether its standby has
// run the instrumentation or has waited before it.
func TestInstrumented(t *testing.T) {
	t.Parallel()
	tsx := filepath.Join(root, "internal/e2e/testdata/instrumented/node_modules/tsx/dist")
	for i, n := range nodes(t) {
		for _, tool := range []string{"sentry", "otel"} {
			for j, way := range []struct {
				name, from, as string
				options        []string
			}{
				{"modules", ".mjs", ".mjs", []string{"--import"}},
				{"CommonJS", ".cjs", ".cjs", []string{"--require"}},
				{"tsx", ".mjs", ".mts", []string{"--require", tsx + "/preflight.cjs", "--import", "file://" + tsx + "/loader.mjs", "--import"}},
			} {
				if i > 0 && !full() && (i+j)%3 != 0 || n.major < 20 && way.name == "tsx" { // Node 18 loads all of --import at once
					continue
				}
				for _, ahead := range []bool{true, false} {
					if !ahead && way.as == ".cjs" {
						continue // --require of the project's code: there is no standby
					}
					t.Run(fmt.Sprintf("node%d/%s/%s/%s", n.major, tool, way.name, map[bool]string{true: "ahead", false: "behind"}[ahead]), func(t *testing.T) {
						t.Parallel()
						dir := instrumented(t, map[string]string{"app" + way.from: "app" + way.as, tool + way.from: tool + way.as})
						a := awkward{dir: dir, args: append(slices.Clone(way.options), "./"+tool+way.as, "app"+way.as)}
						if ahead {
							a.run = []string{filepath.Join(dir, tool+way.as)}
						}
						a.compare(t, n.binary, filepath.Join(root, "handoff/runtime/node/js"))
					})
				}
			}
		}
	}
}
