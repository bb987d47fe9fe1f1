//go:build linux

package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// packed is a package that exports its version, as npm pack makes it.
func packed(t *testing.T, name string, version int, scripts string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for file, text := range map[string]string{
		"package.json": fmt.Sprintf(`{"name": %q, "version": "%d.0.0", "scripts": {%s}}`, name, version, scripts),
		"index.js":     fmt.Sprintf("exports.version = %d", version),
	} {
		err := w.WriteHeader(&tar.Header{Name: "package/" + file, Mode: 0o644, Size: int64(len(text))})
		if _, failed := w.Write([]byte(text)); errors.Join(err, failed) != nil {
			t.Fatal(err, failed)
		}
	}
	testkit.NoError(t, errors.Join(w.Close(), z.Close()))
	return b.String()
}

// zipped makes an archive.
func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		testkit.NoError(t, err)
	}
	testkit.NoError(t, z.Close())
	return b.String()
}

// An installation is one swap, when the installer has ended, although no source changes. The save after it is
// another one.
func TestInstallationIsOneSwap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	install := byPip(t, dir)
	install(1)
	h := start(t, options{dir: dir, command: []string{".venv/bin/python", "server.py"}})
	tr := h.under(resting(getsOnly()))
	install(2)
	h.Serving(2)
	tr.Answers("2", 20)
	h.waits(3) // what stood by had the old packages
	change(t, filepath.Join(dir, "server.py"), `\z`, "\n")
	if l := h.Serving(3); !l.Standby {
		t.Error("the save after it began cold")
	}
	for _, v := range tr.end(t).Versions {
		if v.Version != "1" && v.Version != "2" {
			t.Errorf("%+v", v)
		}
	}
	h.signal(os.Interrupt)
	h.Exit()
	if n := h.Count(is("serving")); n != 3 {
		t.Errorf("%d generations served, want 3", n)
	}
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

// byPip makes a virtual environment in the project of a program that answers the version of its dependency, and returns what
// installs that.
func byPip(t *testing.T, dir string) (install func(version int)) {
	python := pythons(t)[0]
	needs(t, python, "-c", "import pip, venv")
	execute(t, dir, nil, python, "-m", "venv", "--without-pip", ".venv")
	copyFile(t, filepath.Join(root, "examples/python/server.py"), filepath.Join(dir, "server.py"))
	write(t, filepath.Join(dir, "version.py"), "from dep import version\n")
	return func(version int) {
		t.Helper()
		info := fmt.Sprintf("dep-%d.0.dist-info/", version)
		wheel := filepath.Join(t.TempDir(), fmt.Sprintf("dep-%d.0-py3-none-any.whl", version))
		write(t, wheel, zipped(t, map[string]string{
			"dep.py": fmt.Sprintf("version = %d\n", version), info + "RECORD": "", info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
			info + "METADATA": fmt.Sprintf("Metadata-Version: 2.1\nName: dep\nVersion: %d.0\n", version),
		}))
		execute(t, dir, nil, python, "-m", "pip", "--python", ".venv", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel)
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
