//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

const npmPackage = "clients/node"

// The package works in Bun, which ends when the program has nothing left to do.
func TestPackageInBun(t *testing.T) {
	t.Parallel()
	fleet := filepath.Join(root, "examples/fleet")
	install(t, fleet)
	program := fmt.Sprintf("%s/node_modules/.bin/bun '%s/internal/e2e/testdata/state/runtime.mjs' '%s/%s/index.mjs'", fleet, root, root, npmPackage)
	if out, err := exec.Command("sh", "-c", program).CombinedOutput(); err != nil {
		t.Errorf("in memory: %v\n%s", err, out)
	}
	dir := t.TempDir()
	script := fmt.Sprintf("%s >'%s/output~' 2>&1; mv '%s/output~' '%s/output'; exec sleep 1000", program, dir, dir, dir)
	start(t, options{dir: t.TempDir(), command: []string{"sh", "-c", script}})
	if out := awaitFile(t, filepath.Join(dir, "output")); out != "all is well\n" {
		t.Error(out)
	}
}

// The types are right for a program.
func TestPackageTypes(t *testing.T) {
	t.Parallel()
	install(t, filepath.Join(root, "examples/hono-cdc"))
	tsc := filepath.Join(root, "examples/hono-cdc/node_modules/.bin/tsc")
	if out, err := exec.Command(tsc, "-p", filepath.Join(root, npmPackage, "test/types")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
