package e2etest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Root is the repository's folder, seen from a package in internal.
func Root() string {
	root, err := filepath.Abs("../..")
	if err != nil {
		panic(err) // without a working directory there is no test
	}
	return root
}

// Build builds one of the repository's programs as the file out.
func Build(out, pkg string, env []string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), pkg)...)
	cmd.Dir, cmd.Env = Root(), append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, text)
	}
	return nil
}

// BuildHotswap builds hotswap with the race detector into the folder.
func BuildHotswap(dir string) (binary string, err error) {
	binary = filepath.Join(dir, "hotswap")
	return binary, Build(binary, "./cmd/hotswap", nil, "-race")
}
