//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// Paths of what TestMain built.
var (
	root    string // of the repository
	binary  string // hotswap, static as it is released
	archive string // a tar.gz with it
)

func TestMain(m *testing.M) {
	if os.Getenv("HOTSWAP_PACKAGE") == "" {
		fmt.Println("packagetest: set HOTSWAP_PACKAGE=1 to run the tests of packages")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "hotswap-package")
	if err == nil {
		_ = os.Chmod(dir, 0o755) // containers read it
		err = build(dir)
	}
	if err != nil {
		fmt.Println(err)
		_ = os.RemoveAll(dir)
		os.Exit(1)
	}
	// Its hotswaps meet no others.
	_ = os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	_ = os.Setenv("XDG_RUNTIME_DIR", filepath.Join(dir, "run"))
	_ = os.Mkdir(filepath.Join(dir, "run"), 0o700)
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build builds hotswap and packs it like a release's archive, unless HOTSWAP_ARCHIVE names such an archive of
// this machine's architecture.
func build(dir string) error {
	root = e2etest.Root()
	binary, archive = filepath.Join(dir, "hotswap"), os.Getenv("HOTSWAP_ARCHIVE")
	if archive != "" {
		if out, err := exec.Command("tar", "--extract", "--file", archive, "--directory", dir, "--no-anchored",
			"--transform", "s|.*/||", "hotswap").CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", archive, err, out)
		}
		_, err := os.Stat(binary)
		return err
	}
	if err := e2etest.Build(binary, "./cmd/hotswap", []string{"CGO_ENABLED=0"}, "-trimpath", "-ldflags",
		"-s -w -X main.version=0.1.0"); err != nil {
		return err
	}
	archive = filepath.Join(dir, "hotswap_0.1.0_linux_"+runtime.GOARCH+".tar.gz")
	if out, err := exec.Command("tar", "--create", "--gzip", "--file", archive, "--directory", dir,
		"hotswap").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// does runs a command in a folder and returns its output without the last line's end.
func does(t testing.TB, dir string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// needs fails the test if a program is missing, and names what installs it.
func needs(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%v: run .ci/package-around install", err)
	}
}
