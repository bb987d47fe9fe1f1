package e2etest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Root returns the repository's folder, for a caller whose working directory is in it.
func Root() string {
	root, err := os.Getwd()
	if err != nil {
		panic(err) // no working directory
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "cmd/hotswap")); err == nil {
			return root
		}
		if root == filepath.Dir(root) {
			panic("the working directory is not in the repository")
		}
		root = filepath.Dir(root)
	}
}

// Build builds the program in the folder pkg of the repository as the file out. The folder may
// be in a module of its own.
func Build(out, pkg string, env []string, flags ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-o", out}, flags...)...)
	cmd.Dir, cmd.Env = filepath.Join(Root(), pkg), append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, text)
	}
	return nil
}

// BuildHotswap builds hotswap into dir, with the race detector.
func BuildHotswap(dir string, args ...string) (binary string, err error) {
	binary = filepath.Join(dir, "hotswap")
	return binary, Build(binary, "./cmd/hotswap", []string{"CGO_ENABLED=1"}, append(args, "-race")...)
}

// Replace replaces a text of a file, which must be there, and returns what the file had.
func Replace(t testing.TB, file, old, new string) (before string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(b), old) {
		t.Fatalf("%s has no %q: %v", file, old, err)
	}
	testkit.Write(t, file, strings.ReplaceAll(string(b), old, new))
	return string(b)
}
