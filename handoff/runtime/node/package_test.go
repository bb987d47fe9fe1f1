package node

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The npm package's own tests, in the memory of the process and against a hotswap that
// they play themselves. internal/e2e runs those of state against a real one.
func TestPackage(t *testing.T) {
	path, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node here")
	}
	files, err := filepath.Glob("package/test/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"--test"}, files...)...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "HOTSWAP_") })
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
