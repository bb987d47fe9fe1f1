//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// The package works in Bun, which ends when the program has nothing left to do.
func TestPackageInBun(t *testing.T) {
	t.Parallel()
	fleet := filepath.Join(root, "examples/fleet")
	install(t, fleet)
	program := fmt.Sprintf("%s/node_modules/.bin/bun '%s/internal/e2e/testdata/state/runtime.mjs' '%s/clients/node/index.mjs'", fleet, root, root)
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
