//go:build linux

package python_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A standby is stale when a file has changed that a file of --standby-run has loaded or read; what it writes and what
// the program alone loads do not count.
func TestRunFileMakesStale(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"package": ""})
	p.tr = python.New(p.folder, filepath.Join(p.dir, "parts/warm.py"))
	for name, text := range map[string]string{
		"app.py": "import other, os, parts.warm, package" + tells +
			"for i in range(9): os.fork() or os._exit(0); os.wait()",
		"other.py": "", "settings.py": "", "model.txt": "", "log.txt": "", "parts/__init__.py": "",
		"parts/warm.py": "import package, settings\nopen('model.txt').read()\nopen('log.txt', 'a').write('1')\n",
	} {
		p.put(name, text)
	}
	m := p.manager()
	if _, left := p.learn(m, 0); len(left) > 0 {
		t.Errorf("left out: %q", left)
	}
	if kept := testkit.Must(os.ReadDir(p.reports))(t); len(kept) > 9 {
		t.Errorf("%d reports, also of children that have ended", len(kept))
	}
	s, _, err := p.ahead(m, false)
	testkit.NoError(t, err)
	defer s.Close()
	for file, stale := range map[string]bool{
		"parts/warm.py": true, "parts/__init__.py": true, "settings.py": true, "model.txt": true, "log.txt": false,
		"other.py": false, "app.py": false,
	} {
		file = filepath.Join(p.dir, file)
		testkit.NoError(t, s.Validate(), os.Rename(file, file+"~"))
		if err := s.Validate(); (err != nil) != stale {
			t.Errorf("%s has changed: %v", file, err)
		}
		testkit.NoError(t, os.Rename(file+"~", file))
	}
}

// A file of --standby-run that fails in the standby means no standby, until a file changes that it has read. One that
// the program does not import is left out.
func TestRunFileThatFails(t *testing.T) {
	t.Parallel()
	p := newProject(t, map[string]string{"package": ""})
	other := filepath.Join(p.dir, "other.py")
	p.tr = python.New(p.folder, filepath.Join(p.dir, "warm.py"), other, filepath.Join(p.dir, "app.py"))
	p.put("settings.py", "import sys\nif not hasattr(sys, 'ready'): raise ValueError('not ready')\n")
	p.put("warm.py", "import settings\n")
	p.put("other.py", "")
	p.put("app.py", "import sys, package\nsys.ready = True\nimport warm"+tells)
	m := p.manager()
	program, process := p.run(0)
	_, err := m.Use(nil, program, process)
	testkit.NoError(t, err)
	prepare := func() (handoff.Standby, error) {
		var s handoff.Standby
		cmd, err := p.start(func(l *handoff.Launch) (err error) { s, err = m.Prepare(l, false); return })
		if err != nil {
			return nil, err
		}
		err = s.Ready(t.Context())
		cmd.Process.Kill()
		cmd.Wait()
		return s, err
	}
	const why = "--standby-run: warm fails: ValueError: not ready"
	for range 2 {
		var never handoff.Never
		if _, err := prepare(); !errors.As(err, &never) || err.Error() != why {
			t.Errorf("%v, want %s", err, why)
		}
	}
	p.put("settings.py", "VALUE = 1\n")
	s := testkit.Must(prepare())(t)
	defer s.Close()
	_, left := s.Loaded()
	for _, file := range []string{other, filepath.Join(p.dir, "app.py")} {
		if !slices.ContainsFunc(left, func(text string) bool {
			return strings.HasPrefix(text, file+" is named by --standby-run")
		}) {
			t.Errorf("%s: %q", file, left)
		}
	}
}
