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
	"time"

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

// comparePython runs the program cold and warm.
func (a awkward) comparePython(t *testing.T, binary string) {
	a.env = append(a.env, "PYTHONPATH="+filepath.Join(a.dir, "site-packages"))
	for minor := range 20 { // where Python looks for .pth files, by its version
		if _, err := os.Stat(filepath.Join(a.dir, "base")); err == nil {
			lib := filepath.Join(a.dir, "base", "lib", fmt.Sprintf("python3.%d", minor))
			testkit.NoError(t, errors.Join(os.MkdirAll(lib, 0o700), os.Symlink("../../site-packages", filepath.Join(lib, "site-packages"))))
		}
	}
	// What tells when the script is through and before the process ends, if the program
	// makes no socket.
	last := filepath.Join(t.TempDir(), "site-packages")
	write(t, filepath.Join(last, "usercustomize.py"), tells)
	reports := t.TempDir()
	tr := python.New(func(handoff.GenID) string { return reports })
	a.compareWith(t, binary, tr, "PYTHONPATH=", ":"+last)
}

// reporting is a runtime whose processes report.
type reporting interface {
	handoff.Transport
	Program(gen handoff.GenID, pid int) (standby.Program, error)
}

// compareWith runs the program three times: to learn what it loads, with more at the
// end of a variable; cold; and as a standby.
func (a awkward) compareWith(t *testing.T, binary string, tr reporting, variable, more string) {
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
		if strings.HasPrefix(kv, variable) {
			l.Env[i] = kv + more
		}
	}
	learn, _ := run(l.Env)
	_, cold := run(a.env)
	w := runtime.New(runtime.Config{Tmp: scratch.New()})
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

// oddWords are arguments, and oddFolder is a name, as no shell and no format likes them.
var oddWords = []string{"-o", "::", `"::"`, `a":"b`, `\`, `\u0041`, "#{1}", "%s", "'", "new\nline", "", "é\u2028", "\xff\xfe", "null", "[true]"}

const oddFolder = "a\xffb \"'é\n#{1} \\"

// What hotswap and a standby tell each other keeps every byte of arguments and names of
// files: else there is no standby, for a reason that is none.
func TestWarmOddBytes(t *testing.T) {
	for _, binary := range pythons(t) {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			t.Parallel()
			a := awkward{dir: filepath.Join(t.TempDir(), oddFolder), proper: true, args: append([]string{"app.py"}, oddWords...)}
			write(t, filepath.Join(a.dir, "site-packages/odd.py"), "VALUE = 1\n")
			write(t, filepath.Join(a.dir, "app.py"), "import odd, os, sys\nprint(odd.VALUE, [os.fsencode(a) for a in sys.argv], os.fsencode(os.getcwd()), os.fsencode(odd.__file__))\n")
			a.comparePython(t, binary)
		})
	}
}

// Two saves of one length in one second are two versions, also if Python may write its caches and
// if a cache of the first save was there before hotswap.
func TestPythonSavedTwiceInASecond(t *testing.T) {
	t.Parallel()
	const parent = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, 'server.py']))"
	for how, command := range map[string][]string{
		"--no-warm=false": {"python3", "server.py"}, "--strategy=stop-first": {"sh", "-c", "python3 server.py; true"}, "--verbose": {"python3", "-c", parent},
	} {
		t.Run(how, func(t *testing.T) {
			spare(t, how == "--verbose")
			t.Parallel()
			dir, port := project(t, "python"), freePort(t)
			env := []string{"PORT=" + port, "PYTHONDONTWRITEBYTECODE="}
			saves := func(version int, second time.Time) {
				t.Helper()
				file := filepath.Join(dir, "version.py")
				err := os.WriteFile(file+"~", fmt.Appendf(nil, "version = %d\n", version), 0o600)
				if err = errors.Join(err, os.Chtimes(file+"~", second, second.Add(time.Duration(version)*time.Millisecond)), os.Rename(file+"~", file)); err != nil {
					t.Fatal(err)
				}
			}
			long := time.Now().Add(-time.Hour).Truncate(time.Second)
			saves(1, long)
			before := exec.Command("python3", "-c", "import version")
			before.Dir, before.Env = dir, append(os.Environ(), env...)
			testkit.NoError(t, before.Run())
			left, _ := filepath.Glob(filepath.Join(dir, "__pycache__", "version.*.pyc"))
			if len(left) != 1 {
				t.Fatalf("caches: %q", left)
			}
			testkit.NoError(t, os.Chtimes(left[0], long, long.Add(time.Second)))
			if how == "--verbose" { // what is from before hotswap's time is Python's
				saves(2, long.Add(time.Second))
			} else {
				saves(2, long)
			}
			h := start(t, options{dir: dir, env: env, args: []string{how, "--probation", brief}, command: command})
			soon := time.Now().Add(time.Hour).Truncate(time.Second) // so each process reads the file less than two seconds after it
			for gen := 1; gen <= 3; gen++ {
				if gen > 1 {
					if how == "--no-warm=false" {
						h.waits(gen)
					}
					saves(gen+1, soon)
				}
				h.Serving(gen)
				if p, err := pinged("127.0.0.1:" + port); err != nil || p.Version != gen+1 {
					t.Errorf("generation %d answers version %v, %v", gen, p.Version, err)
				}
			}
		})
	}
}
