//go:build linux

package python_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// project is a Python program with packages of its own.
type project struct {
	t      *testing.T
	dir    string
	python string
	tr     python.Runtime
	gen    handoff.GenID
	tmp    *scratch.Folder

	reports string // the folder with the reports of all generations
}

func (p *project) folder(handoff.GenID) string { return p.reports }

func newProject(t *testing.T, packages map[string]string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir(), python: python3(t), tmp: scratch.In(t.TempDir()), reports: t.TempDir()}
	p.tr = python.New(p.folder)
	for name, text := range packages {
		p.put("site-packages/"+name+".py", text)
	}
	return p
}

// python3 returns the installed Python.
func python3(t *testing.T) string {
	t.Helper()
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("there is no python3")
	}
	return strings.TrimSpace(string(path))
}

func (p *project) put(name, text string) {
	p.t.Helper()
	path, long := filepath.Join(p.dir, name), time.Now().Add(-time.Hour)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600),
		os.Chtimes(path, long, long))
	testkit.NoError(p.t, err)
}

// start starts the program, with what prepare adds to the launch.
func (p *project) start(prepare func(*handoff.Launch) error) (*exec.Cmd, error) {
	p.t.Helper()
	p.gen++
	l := &handoff.Launch{Gen: p.gen, Env: append(os.Environ(), "PYTHONPATH="+filepath.Join(p.dir, "site-packages"),
		"PYTHONDONTWRITEBYTECODE=1")}
	testkit.Must(p.tr.Prepare(l))(p.t)
	if err := prepare(l); err != nil {
		return nil, err
	}
	cmd := exec.Command(p.python, "app.py")
	cmd.Dir, cmd.Env, cmd.Stderr = p.dir, l.Env, os.Stderr
	return cmd, cmd.Start()
}

// run runs the program, and returns what it has loaded. With a seed its modules are in another
// order.
func (p *project) run(seed uint64) (standby.Program, standby.Process) {
	p.t.Helper()
	cmd, err := p.start(func(*handoff.Launch) error { return nil })
	if err == nil {
		err = cmd.Wait()
	}
	testkit.NoError(p.t, err)
	if seed > 0 {
		path := filepath.Join(p.reports, fmt.Sprintf("python-%d", cmd.Process.Pid))
		b, err := os.ReadFile(path)
		lines := slices.Collect(strings.Lines(string(b)))
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(lines)-1, func(i, j int) {
			lines[i+1], lines[j+1] = lines[j+1], lines[i+1]
		})
		err = errors.Join(err, os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600))
		if err != nil {
			p.t.Fatal(err)
		}
	}
	program := testkit.Must(p.tr.Program(p.gen, cmd.Process.Pid))(p.t)
	return program, standby.Process{PID: cmd.Process.Pid, Exe: p.python, Dir: p.dir}
}

// learn rehearses the program as often as that shows more. It returns how often that was, and what
// a standby does not load.
func (p *project) learn(m *runtime.Manager, seed uint64) (rehearsals int, left []string) {
	p.t.Helper()
	program, process := p.run(seed)
	learn, err := m.Use(nil, program, process)
	for ; err == nil && learn; rehearsals++ {
		learn, err = p.rehearse(m)
	}
	if err != nil && !errors.As(err, new(handoff.Unknown)) {
		p.t.Fatal(err)
	}
	return rehearsals, p.loaded(m)
}

// ahead starts a standby or a rehearsal, waits until it is ready, and kills it.
func (p *project) ahead(m *runtime.Manager, rehearse bool) (s handoff.Standby, ready, err error) {
	p.t.Helper()
	cmd, err := p.start(func(l *handoff.Launch) (err error) { s, err = m.Prepare(l, rehearse); return })
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	ready = s.Ready(ctx)
	if ready != nil {
		p.t.Error(ready)
	}
	cmd.Process.Kill()
	cmd.Wait()
	return s, ready, nil
}

func (p *project) rehearse(m *runtime.Manager) (again bool, err error) {
	p.t.Helper()
	r, ready, err := p.ahead(m, true)
	if err != nil {
		return false, err
	}
	defer r.Close()
	return r.Learn(ready), nil
}

// loaded starts a standby, and returns what it does not load.
func (p *project) loaded(m *runtime.Manager) (left []string) {
	p.t.Helper()
	s, _, err := p.ahead(m, false)
	testkit.NoError(p.t, err)
	defer s.Close()
	ahead, left := s.Loaded()
	if ahead == 0 {
		p.t.Error("it loads nothing")
	}
	return left
}

func (p *project) manager() *runtime.Manager {
	return runtime.New(p.tmp, p.dir)
}

const tells = "\nimport _socket\n_socket.socket().close()\n"

// Whoever imports an offender is left out, and nothing else that was loaded around it.
func TestOffenderInANestedImport(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"outer": "import middle\n", "middle": "import before, offender\nimport after\n", "before": "",
		"after": "import offender\n", "other": "import before, email.message\n",
		"offender": "import sys, deep\nsys.path.append('/nowhere')\nimport deep2\n", "deep": "", "deep2": "",
		"tries":    "try:\n    import after\nexcept ImportError:\n    pass\n",
		"restores": "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    import deep3\n",
		"deep3":    "import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)\n",
	})
	p.put("app.py", "import tries, outer, other, restores, before"+tells)
	want := []string{
		"deep3 changes a signal", "offender changes sys.path",
		"after needs offender", "middle needs offender", "outer needs middle", "restores needs deep3",
		"tries needs after",
	}
	rehearsals, left := p.learn(p.manager(), 0)
	slices.Sort(left[2:])
	if !slices.Equal(left, want) || rehearsals != 2 {
		t.Errorf("%d rehearsals: %q, want %q", rehearsals, left, want)
	}
	again := p.manager()
	if rehearsals, second := p.learn(again, 0); rehearsals != 0 || len(second) != len(left) {
		t.Errorf("it is not remembered: %d rehearsals, %q", rehearsals, second)
	}
	p.put("site-packages/offender.py", "")
	if rehearsals, left := p.learn(again, 0); rehearsals != 1 ||
		!slices.Equal(left, []string{"deep3 changes a signal", "restores needs deep3"}) {
		t.Errorf("the offender does nothing any more: %d rehearsals, %q", rehearsals, left)
	}
}

// A module that does something is left out with those that import it, in whatever way; the rest of
// its package is not.
func TestModuleOfAPackage(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"web/__init__": "", "web/db/__init__": "", "web/db/fields": "from .. import text\n", "web/text": "",
		"web/shell/__init__": "from .colour import RED\n",
		"web/shell/colour":   "import sys\nsys.stdout = sys.stderr\nRED = 1\n", "web/shell/run": "",
		"web/a": "from web.shell import colour\n", "web/b": "from .shell import *\n",
		"web/c": "import importlib\nimportlib.import_module('.shell', 'web')\n", "web/d": "from . import a\n",
		"other": "import web.db.fields\n",
	})
	p.put("app.py", "import other, web.db.fields, web.shell.run, web.a, web.b, web.c, web.d"+tells)
	want := []string{
		"web.shell.colour changes a stream",
		"web.a needs web.shell.colour", "web.b needs web.shell", "web.c needs web.shell", "web.d needs web.a",
		"web.shell needs web.shell.colour", "web.shell.run needs web.shell",
	}
	if _, left := p.learn(p.manager(), 0); !slices.Equal(left, want) {
		t.Errorf("%q, want %q", left, want)
	}
}

// A warning counts if it would be shown, and a folder elsewhere that a module lists must stay the
// same.
func TestWarningsAndFolders(t *testing.T) {
	t.Parallel()
	data, long := t.TempDir(), time.Now().Add(-time.Hour)
	testkit.NoError(t, os.Chtimes(data, long, long))
	p := newProject(t, map[string]string{
		"old":   "import warnings\nwarnings.warn('old', DeprecationWarning)\n",
		"loud":  "import warnings\nwarnings.warn('loud')\n",
		"lists": "import os\nNAMES = os.listdir('" + data + "')\n", "own": "import os\nNAMES = os.listdir('.')\n",
	})
	p.put("app.py", "import old, loud, lists, own"+tells)
	m := p.manager()
	if _, left := p.learn(m, 0); !slices.Equal(left, []string{"loud warns", "own looks into a folder"}) {
		t.Errorf("%q", left)
	}
	testkit.NoError(t, os.Mkdir(filepath.Join(data, "two"), 0o700))
	program, process := p.run(0)
	if learn, err := m.Use(nil, program, process); !learn || err != nil {
		t.Errorf("the folder has another file: %t, %v", learn, err)
	}
}

// A module of the project that a package would find makes a standby stale: one in the place of a package, and one that
// a package has looked for in vain.
func TestNewModulesOfTheProject(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a": "try:\n    import fast\nexcept ImportError:\n    pass\n"})
	p.put("app.py", "import a"+tells)
	m := p.manager()
	if _, left := p.learn(m, 0); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	s, _, err := p.ahead(m, false)
	testkit.NoError(t, err)
	defer s.Close()
	testkit.NoError(t, s.Validate())
	for _, name := range []string{"a.py", "fast.py"} {
		p.put(name, "")
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s has come: %v", name, err)
		}
		testkit.NoError(t, os.Remove(filepath.Join(p.dir, name)))
	}
}

// A package of which nothing is known keeps the others from nothing.
func TestNewPackage(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"a": "import b\n", "b": "", "c": "", "fresh": "import b\n",
		"loud": "import fresh\nprint(1)\n"})
	p.put("app.py", "import a, c"+tells)
	m := p.manager()
	if rehearsals, left := p.learn(m, 0); rehearsals != 1 || len(left) != 0 {
		t.Errorf("%d rehearsals: %q", rehearsals, left)
	}
	p.put("app.py", "import a, c, loud # changed"+tells)
	program, process := p.run(0)
	if learn, err := m.Use(nil, program, process); !learn || err != nil {
		t.Fatal(learn, err)
	}
	if left, want := p.loaded(m), []string{"fresh has not been tried yet", "loud has not been tried yet"}; !slices.Equal(left, want) {
		t.Errorf("%q, want %q", left, want)
	}
	if _, left := p.learn(m, 0); !slices.Equal(left, []string{"loud prints"}) {
		t.Errorf("%q", left)
	}
}

// What is loaded does not depend on the order in which a generation has loaded it.
func TestOrdersOfModules(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{
		"a": "import b, json\n", "b": "import c\n", "c": "import os\nX = os.environ.get('MODE')\n", "d": "import e\n",
		"e": "import logging\nlogging.basicConfig()\n",
		"f": "import email.message, a\n", "g": "import os\nos.environ['OF_G'] = '1'\n",
		"h": "import os, g\nX = os.environ['OF_G']\n", "i": "import decimal\n", "j": "import e\n",
	})
	p.put("app.py", "import os\nos.environ['MODE'] = 'dev'\nimport a, d, f, h, i, j"+tells)
	want := []string{"c reads MODE, which the program sets", "e changes logging", "a needs b", "b needs c", "d needs e",
		"f needs a", "j needs e"}
	for seed := range uint64(2) {
		m := runtime.New(p.tmp, "")
		if rehearsals, left := p.learn(m, seed+1); !slices.Equal(left, want) || rehearsals > 3 {
			t.Errorf("seed %d, %d rehearsals: %q, want %q", seed, rehearsals, left, want)
		}
	}
}
