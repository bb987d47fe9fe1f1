//go:build linux

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// prepared has a standby prepare itself, and returns when it has.
func prepared(t *testing.T, cmd *exec.Cmd, s *standby.Standby) {
	t.Helper()
	for _, kv := range cmd.Env {
		dir, ok := strings.CutPrefix(kv, "HOTSWAP_HOLD=")
		if !ok {
			continue
		}
		up, err := os.OpenFile(filepath.Join(dir, "up"), os.O_RDWR, 0)
		if err == nil {
			defer up.Close()
			err = s.Prepare()
		}
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(up).ReadString('\n'); err != nil || !strings.Contains(line, `"prepared"`) {
			t.Fatalf("it says %q, %v", line, err)
		}
		return
	}
	t.Fatal("it is no standby")
}

// What is prepared is what the program then is, and nothing of it has run.
func TestPreparedIsLoadedAndNotRun(t *testing.T) {
	adapter := filepath.Join(root, "handoff/runtime/node/js/adapter.cjs")
	for _, n := range nodes(t) {
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			t.Parallel()
			for _, prepare := range []bool{false, true} {
				a := awkward{dir: t.TempDir(), args: []string{"main.mjs"}}
				write := func(name, text string) {
					path := filepath.Join(a.dir, name)
					if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
						t.Fatal(err)
					}
				}
				write("main.mjs", "import './ran.mjs'\nimport 'dep'\nimport { version } from './version.mjs'\nconsole.log('version', version)\n")
				write("ran.mjs", "import { writeFileSync } from 'node:fs'\nwriteFileSync('ran', '')\n")
				write("version.mjs", "export const version = 2\n")
				write("node_modules/dep/index.mjs", "")
				write("node_modules/dep/package.json", `{"name":"dep","exports":"./index.mjs"}`)
				main, dep := filepath.Join(a.dir, "main.mjs"), filepath.Join(a.dir, "node_modules/dep/index.mjs")
				w, r := runtime.New(scratch.New(), nil), node.NewRuntime(nil, true)
				thread := node.Snapshot{Main: main, Holdable: true, Files: []node.File{{Path: main, Kind: node.ESModule}, {Path: dep, Kind: node.ESModule}}}
				if err := w.Use(r.Program(1, thread), standby.Process{Exe: n.binary, Dir: a.dir}); err != nil {
					t.Fatal(err)
				}
				l := &handoff.Launch{Gen: 2}
				s, err := w.Prepare(l)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				cmd, end := a.command(t, n.binary, a.options(adapter), l.Env[0])
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				if err := s.Ready(t.Context()); err != nil {
					t.Fatal(err)
				}
				want := "version 3\n"
				if prepare {
					prepared(t, cmd, s)
					want = "version 2\n"
				}
				if _, err := os.Stat(filepath.Join(a.dir, "ran")); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("node %d, prepared %v: the program has run", n.major, prepare)
				}
				write("version.mjs", "export const version = 3\n")
				if err := s.Resume(); err != nil {
					t.Fatal(err)
				}
				if got := end(); got.stdout != want {
					t.Errorf("node %d, prepared %v: %+v", n.major, prepare, got)
				}
			}
		})
	}
}

// A save that changes once more in its quiet time is served as it is then, though a
// standby had prepared itself for what it was: another takes its place.
func TestSavedAgainInItsQuietTime(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	temp, err := os.MkdirTemp("", "hsq") // hotswap passes over a TMPDIR with a long name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	h := start(t, options{dir: dir, env: []string{"PORT=" + port, "TMPDIR=" + temp}, args: []string{"--quiet-time", "2s", "--max-wait", "20s"}, command: []string{"npm", "run", "dev"}})
	h.waits(2)
	source := filepath.Join(dir, "src", "version.ts")
	save(t, source, 2)
	for {
		if found, _ := filepath.Glob(filepath.Join(temp, "hotswap-run-*", "standby-*", "graph.mjs")); len(found) > 0 {
			break
		}
		time.Sleep(time.Millisecond) // until another process has written a file
	}
	save(t, source, 3)
	h.serving(2)
	answered(t, port, "3")
	h.waits(3)
	save(t, source, 4)
	if l := h.serving(3); !l.Warm {
		t.Error("generation 3 began cold")
	}
	answered(t, port, "4")
}
