//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// installed are the folders whose packages have been installed.
var installed sync.Map // folder → func() error

// project copies an example into a folder of its own, node_modules by symbolic
// link, as a workspace would have it. It leaves out hotswap.yaml: see ruled.
func project(t testing.TB, name string) string {
	t.Helper()
	source := filepath.Join(root, "examples", name)
	if _, err := os.Stat(filepath.Join(source, "package.json")); err == nil {
		install(t, source)
	}
	dir := t.TempDir()
	entries, err := os.ReadDir(source)
	testkit.NoError(t, err)
	for _, e := range entries {
		from, to := filepath.Join(source, e.Name()), filepath.Join(dir, e.Name())
		switch {
		case e.Name() == "hotswap.yaml", e.Name() == "data", e.Name() == "generated":
		case e.Name() == "node_modules":
			err = os.Symlink(from, to)
		case e.IsDir():
			err = os.CopyFS(to, os.DirFS(from))
		default:
			var b []byte
			b, err = os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, b, 0o644)
			}
		}
		testkit.NoError(t, err)
	}
	return dir
}

// program returns a program of testdata.
func program(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "internal/e2e/testdata", file))
	testkit.NoError(t, err)
	return string(b)
}

// unpack writes the files of an archive into a folder, and returns the lines "key: value" of its comment.
func unpack(t testing.TB, file, dir string) (lines [][2]string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	testkit.NoError(t, err)
	for _, f := range archive.Files {
		write(t, filepath.Join(dir, filepath.FromSlash(f.Name)), string(f.Data))
	}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		lines = append(lines, [2]string{key, value})
	}
	return lines
}

// linkModules gives a folder the packages of another one, a path in the repository.
func linkModules(t testing.TB, dir, of string) {
	t.Helper()
	install(t, filepath.Join(root, of))
	testkit.NoError(t, os.Symlink(filepath.Join(root, of, "node_modules"), filepath.Join(dir, "node_modules")))
}

// install sees to it that the folder has its packages; once for all tests.
func install(t testing.TB, dir string) {
	t.Helper()
	once, _ := installed.LoadOrStore(dir, sync.OnceValue(func() error {
		wants, err := missing(dir)
		if err != nil || !wants {
			return err
		}
		cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci in %s: %w\n%s", dir, err, out)
		}
		return nil
	}))
	testkit.NoError(t, once.(func() error)())
}

// missing says whether a package that the example asks for has not been
// installed: an older install may lack one.
func missing(dir string) (bool, error) {
	b, err := os.ReadFile(filepath.Join(dir, "package.json"))
	var p struct{ Dependencies, DevDependencies map[string]string }
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return false, err
	}
	for _, wanted := range []map[string]string{p.Dependencies, p.DevDependencies} {
		for name := range wanted {
			if _, err := os.Stat(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); err != nil {
				return true, nil
			}
		}
	}
	return false, nil
}

var number = regexp.MustCompile(`\d+`)

// save writes a new version into a source file, as an editor would: beside it
// and renamed over it.
func save(t testing.TB, file string, version int) {
	t.Helper()
	b, err := os.ReadFile(file)
	testkit.NoError(t, err)
	write(t, file, number.ReplaceAllString(string(b), strconv.Itoa(version)))
}

// change replaces what a pattern matches in a file, which must be there.
func change(t *testing.T, file, pattern, by string) {
	t.Helper()
	b := testkit.Must(os.ReadFile(file))(t)
	re := regexp.MustCompile(pattern)
	if !re.Match(b) {
		t.Fatalf("%s has no %s", file, pattern)
	}
	write(t, file, re.ReplaceAllString(string(b), by))
}

// execute runs a command to its end.
func execute(t testing.TB, dir string, env []string, argv ...string) {
	t.Helper()
	cmd := exec.CommandContext(background(t), argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, out)
	}
}

// needs skips where the interpreter has no such package.
func needs(t testing.TB, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		if _, test := t.(*testing.T); test && os.Getenv("CI") != "" {
			t.Fatalf("%q: %v: .ci/install has to install what is missing\n%s", argv, err, out)
		}
		t.Skipf("%q: %v\n%s", argv, err, out)
	}
}
