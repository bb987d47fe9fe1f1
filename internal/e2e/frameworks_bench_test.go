//go:build linux

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// framework is a program of testdata/frameworks.
type framework struct {
	run    []string
	source string // the file that a save changes
	text   string // of which version
	files  []txtar.File
}

func readFramework(t testing.TB, name string) framework {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata/frameworks", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(b)
	f := framework{files: archive.Files}
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "run":
			f.run = strings.Fields(value)
		case "source":
			f.source = value
		case "text":
			f.text = value
		}
	}
	return f
}

// written is a new folder with the program.
func (f framework) written(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range f.files {
		if err := os.WriteFile(filepath.Join(dir, file.Name), file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (f framework) command(port string) (argv []string) {
	filled := strings.NewReplacer("PORT", port, "BUN", fleetBun())
	for _, arg := range f.run {
		argv = append(argv, filled.Replace(arg))
	}
	return argv
}

// save changes the program in dir to another version.
func (f framework) save(t testing.TB, dir string, version int) {
	t.Helper()
	path := filepath.Join(dir, f.source)
	err := os.WriteFile(path+"~", []byte(strings.ReplaceAll(f.text, "VERSION", strconv.Itoa(version))+"\n"), 0o644)
	if err := errors.Join(err, os.Rename(path+"~", path)); err != nil {
		t.Fatal(err)
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
