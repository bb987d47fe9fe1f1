//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Code of the project that nobody expected is held in a standby, and what cannot
// be held does not run.
func TestNothingElseRunsInAStandby(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/js")
	for _, n := range someNodes(t) {
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			t.Parallel()
			for what, args := range map[string][]string{
				"another main module": {"other.js"}, "an argument": {"-e", "console.log('ran')"},
				"standard input": {"-"},
				"an ES module":   {"other.mjs"}, "tests": {"--test", "other.js"},
				"a tool that may build the project": {"node_modules/builder/cli.js"},
				// The main module, of another Node's options: Node would not read what holds it.
				"an argument, and the main module": {"-e", "console.log('ran')", "main.js"},
				"the main module, as a test":       {"--test", "main.js"},
				"the main module, with an option":  {"--no-warnings", "main.js"},
			} {
				a := awkward{dir: t.TempDir(), args: args, stdin: "console.log('ran')"}
				for _, name := range []string{"main.js", "other.js", "other.mjs", "node_modules/builder/cli.js"} {
					write(t, filepath.Join(a.dir, name), "console.log('ran')\n")
				}
				w, r := runtime.New(scratch.New(), ""), plan.NewRuntime(nil, true)
				main := filepath.Join(a.dir, "main.js")
				thread := files.Snapshot{Program: files.Program{Main: main, CanPark: true},
					Files: []files.File{{Path: main, Kind: files.CommonJS}}}
				testkit.Must(w.Use(nil, r.Program(thread), standby.Process{Exe: n.binary, Dir: a.dir}))(t)
				l := &handoff.Launch{Gen: 2}
				s := testkit.Must(w.Prepare(l, false))(t)
				cmd, end := a.command(t, n.binary, a.options(filepath.Join(folder, "adapter.cjs")), l.Env[0])
				testkit.NoError(t, cmd.Start())
				if err := s.Ready(t.Context()); !errors.As(err, new(handoff.Never)) ||
					!strings.Contains(err.Error(), "would run before") {
					t.Errorf("node %d, %s: %v", n.major, what, err)
				}
				cmd.Process.Kill()
				got := end()
				s.Close()
				if _, err := w.Prepare(&handoff.Launch{Gen: 2}, false); !errors.As(err, new(handoff.Never)) {
					t.Errorf("node %d, %s, a second time: %v", n.major, what, err)
				}
				if strings.Contains(got.stdout, "ran") {
					t.Errorf("node %d, %s ran: %+v", n.major, what, got)
				}
				// hotswap is gone, and the folder with it.
				cmd, end = a.command(t, n.binary, a.options(filepath.Join(folder, "adapter.cjs")), l.Env[0])
				testkit.NoError(t, cmd.Start())
				if got := end(); strings.Contains(got.stdout, "ran") ||
					what != "tests" && !strings.Contains(got.end, "killed") {
					t.Errorf("node %d, %s, without a folder: %+v", n.major, what, got)
				}
			}
		})
	}
}

// A standby whose place cannot be read does not run.
func TestNothingRunsWithoutAPlace(t *testing.T) {
	t.Parallel()
	_, bunCommand := bunProgram(t)
	reports := t.TempDir()
	folder := func(handoff.GenID) string { return reports }
	for _, c := range []struct {
		argv []string
		of   handoff.Transport
		hold string
	}{
		{[]string{bunCommand, "-e", "console.log('early')"}, bun.New(folder), bun.StandbyVariable},
		{[]string{pythons(t)[0], "-c", "print('early')"}, python.New(folder), python.StandbyVariable},
	} {
		needs(t, c.argv[0], "--version")
		l := &handoff.Launch{Gen: 1}
		testkit.Must(c.of.Prepare(l))(t)
		cmd := exec.Command(c.argv[0], c.argv[1:]...)
		cmd.Env = append(append(os.Environ(), l.Env...), c.hold+"=/nowhere")
		out, err := cmd.CombinedOutput()
		if len(out) > 0 || err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("%q: %v\n%s", c.argv, err, out)
		}
	}
}
