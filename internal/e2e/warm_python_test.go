//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pythons are the installed one and the system's own.
func pythons(t *testing.T) []string {
	t.Helper()
	path := testkit.Must(exec.Command("python3", "-c", "import sys; print(sys.executable)").Output())(t)
	all := []string{strings.TrimSpace(string(path))}
	if _, err := os.Stat("/usr/bin/python3"); err == nil && all[0] != "/usr/bin/python3" {
		all = append(all, "/usr/bin/python3")
	}
	if extra := os.Getenv("HOTSWAP_E2E_PYTHONS"); extra != "" {
		all = append(all, strings.Fields(extra)...)
	}
	return all
}

func TestWarmPythonPrograms(t *testing.T) {
	t.Parallel()
	programs, err := filepath.Glob("testdata/warmpython/*.txtar")
	if err != nil || len(programs) < 20 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	for k, binary := range pythons(t) {
		t.Run(strings.ReplaceAll(binary, "/", "_"), func(t *testing.T) {
			for i, file := range programs {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					spare(t, i%every != 0 && (k > 0 || i%few != 0))
					t.Parallel()
					readAwkward(t, file).comparePython(t, binary)
				})
			}
		})
	}
}

const tells = `
import atexit, sys, _socket
def tell(frame=None, event="", arg=None):
    if frame is None or event == "return" and frame.f_code.co_name == "<module>" and frame.f_globals["__name__"] == "__main__":
        _socket.socket().close()
atexit.register(tell)
sys.setprofile(tell)
`

// comparePython runs the program three times: to learn what it loads, cold, and as a standby.
func (a awkward) comparePython(t *testing.T, binary string) {
	a.env = append(a.env, "PYTHONPATH="+filepath.Join(a.dir, "site-packages"))
	for minor := range 20 { // where Python looks for .pth files, by its version
		if _, err := os.Stat(filepath.Join(a.dir, "base")); err == nil {
			lib := filepath.Join(a.dir, "base", "lib", fmt.Sprintf("python3.%d", minor))
			testkit.NoError(t,
				errors.Join(os.MkdirAll(lib, 0o700),
					os.Symlink("../../site-packages", filepath.Join(lib, "site-packages"))))
		}
	}
	// What tells when the script is through and before the process ends, if the program
	// makes no socket.
	last := filepath.Join(t.TempDir(), "site-packages")
	write(t, filepath.Join(last, "usercustomize.py"), tells)
	reports := t.TempDir()
	tr := python.New(func(handoff.GenID) string { return reports })
	launch := func(gen handoff.GenID) *handoff.Launch {
		l := &handoff.Launch{Gen: gen, Env: slices.Clone(a.env)}
		testkit.Must(tr.Prepare(l))(t)
		return l
	}
	run := func(env []string) (*exec.Cmd, outcome) {
		cmd, end := a.command(t, binary, env...)
		testkit.NoError(t, cmd.Start())
		return cmd, end()
	}
	l := launch(1)
	for i, kv := range l.Env {
		if strings.HasPrefix(kv, "PYTHONPATH=") {
			l.Env[i] = kv + ":" + last
		}
	}
	learn, _ := run(l.Env)
	_, cold := run(a.env)
	w := runtime.New(scratch.New(), "")
	program := testkit.Must(tr.Program(1, learn.Process.Pid))(t)
	again, err := w.Use(nil, program, standby.Process{PID: learn.Process.Pid, Exe: binary, Dir: a.dir, Env: a.env})
	if a.refused != "" && err != nil && strings.Contains(err.Error(), a.refused) {
		return
	}
	if err != nil || a.refused != "" {
		t.Fatalf("%v, want %q", err, a.refused)
	}
	warmRun{
		awkward: a, w: w, learn: again, launch: launch,
		start: func(l *handoff.Launch) (*exec.Cmd, func() outcome) { return a.command(t, binary, l.Env...) },
	}.run(t, cold)
}
