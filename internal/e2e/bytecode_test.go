//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Two saves of one length in one second are two versions, also if Python may write its caches and
// if a cache of the first save was there before hotswap.
func TestPythonSavedTwiceInASecond(t *testing.T) {
	t.Parallel()
	const parent = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, 'server.py']))"
	for how, command := range map[string][]string{
		"--no-warm=false": {"python3", "server.py"}, "--strategy=stop-first": {"sh", "-c", "python3 server.py; true"}, "--verbose": {"python3", "-c", parent},
	} {
		t.Run(how, func(t *testing.T) {
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
			if err := before.Run(); err != nil {
				t.Fatal(err)
			}
			left, _ := filepath.Glob(filepath.Join(dir, "__pycache__", "version.*.pyc"))
			if len(left) != 1 {
				t.Fatalf("caches: %q", left)
			}
			if err := os.Chtimes(left[0], long, long.Add(time.Second)); err != nil {
				t.Fatal(err)
			}
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
