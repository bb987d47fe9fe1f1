//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The wheel is built twice without a network, to equal bytes. Installed into an environment, it passes its tests
// with and without hotswap, and uvicorn keeps a count in it across a save. Uninstalled, nothing of it is left.
func TestWheel(t *testing.T) {
	t.Parallel()
	var wheels [2]string
	for i := range wheels {
		wheels[i] = does(t, root, "packaging/wheel", t.TempDir())
	}
	does(t, root, "cmp", wheels[0], wheels[1])

	dir := t.TempDir()
	venv := filepath.Join(dir, "venv")
	python, installed := filepath.Join(venv, "bin", "python"), filepath.Join(venv, "lib", "python3*", "site-packages",
		"hotswap*")
	// with Debian's uvicorn
	does(t, dir, "/usr/bin/python3", "-m", "venv", "--without-pip", "--system-site-packages", venv)
	pip := func(args ...string) {
		does(t, dir, append([]string{"/usr/bin/python3", "-m", "pip", "--disable-pip-version-check", "--python",
			python}, args...)...)
	}
	pip("install", "--quiet", "--no-index", wheels[0])
	if from := does(t, dir, python, "-c", "import hotswap; print(hotswap.__file__)"); !strings.HasPrefix(from, venv) {
		t.Fatalf("the module is imported from %s", from)
	}

	tests := filepath.Join(dir, "tests")
	testkit.NoError(t, os.CopyFS(tests, os.DirFS(filepath.Join(root, "clients/python/tests"))))
	suite := []string{python, "-B", "-W", "error", "-m", "unittest", "discover", "-s", tests}
	t.Run("installed", func(t *testing.T) {
		for name, command := range map[string][]string{"alone": suite,
			"below hotswap": append([]string{binary, "--no-watch", "--"}, suite...)} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if out := does(t, dir, command...); !strings.Contains(out, "\nOK") || strings.Contains(out, "Ran 0 ") {
					t.Errorf("%q:\n%s", command, out)
				}
			})
		}
		t.Run("uvicorn", func(t *testing.T) {
			t.Parallel()
			uvicorn(t, python)
		})
	})

	pip("uninstall", "--quiet", "--yes", "hotswap-dev")
	if left, _ := filepath.Glob(installed); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// uvicorn runs the example of ASGI below hotswap: the count survives a save.
func uvicorn(t *testing.T, python string) {
	needs(t, "uvicorn")
	app, port := t.TempDir(), testkit.FreePort(t)
	testkit.NoError(t, os.CopyFS(app, os.DirFS(filepath.Join(root, "examples/state/python"))))
	h := e2etest.Start(t, e2etest.Options{
		Binary: binary, Dir: app, Env: []string{"TICKS=" + filepath.Join(t.TempDir(), "ticks")},
		Command: []string{python, "-B", "-m", "uvicorn", "--port", port, "--no-access-log", "asgi:app"},
	})
	h.Serving(1)
	url := "http://127.0.0.1:" + port
	for i := 1; i <= 3; i++ {
		post(t, url+"/count", fmt.Sprint(i))
	}
	e2etest.Replace(t, filepath.Join(app, "asgi.py"), "ok\\n", "fine\\n")
	h.Serving(2)
	if got, err := testkit.Get(url + "/healthz"); got != "fine\n" {
		t.Errorf("after the save: %q, %v", got, err)
	}
	post(t, url+"/count", "4")
	_ = h.Cmd.Process.Signal(syscall.SIGTERM)
	if code := h.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// post demands an answer.
func post(t *testing.T, url, want string) {
	t.Helper()
	resp := testkit.Must(testkit.Client("").Post(url, "text/plain", nil))(t)
	defer resp.Body.Close()
	got := make([]byte, 64)
	n, _ := resp.Body.Read(got)
	if string(got[:n]) != want {
		t.Errorf("%s: %q, want %q", url, got[:n], want)
	}
}
