//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// buildGoServer puts examples/go-server of that version at path, by rename.
func buildGoServer(t testing.TB, path string, version int) {
	t.Helper()
	beside := path + ".new"
	cmd := exec.Command("go", "build", "-o", beside, "-ldflags", fmt.Sprintf("-X main.version=%d", version), "./examples/go-server")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	if err := os.Rename(beside, path); err != nil {
		t.Fatal(err)
	}
}
