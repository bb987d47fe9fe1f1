//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// wrapEnv makes this test binary a wrapper around its arguments, whose child is in its own process group, and to which
// it passes no signal on.
const wrapEnv = "HOTSWAP_E2E_WRAP"

func wrapping() {
	if os.Getenv(wrapEnv) == "" {
		return
	}
	os.Unsetenv(wrapEnv)
	signal.Notify(make(chan os.Signal, 16), syscall.SIGTERM)
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "wrap:", err)
		os.Exit(70)
	}
	os.Exit(max(0, cmd.ProcessState.ExitCode()))
}

// wrapped is a folder with the program and the package managers of the fleet
// example, which the test has installed.
func wrapped(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.js"), program(t, "hearing.js"))
	write(t, filepath.Join(dir, "version.json"), `{ "version": 1 }`)
	write(t, filepath.Join(dir, "package.json"),
		`{ "name": "wrapped", "private": true, "scripts": { "dev": "node server.js" } }`)
	linkModules(t, dir, "examples/fleet")
	return dir
}

// Whatever stands between hotswap and the program: nothing is lost in a swap,
// the program hears one stop signal and no second, and nothing is left.
func TestWrappers(t *testing.T) {
	t.Parallel()
	self := testkit.Must(os.Executable())(t)
	for _, w := range []struct {
		name    string
		command []string
		env     string
	}{
		{"npm run", []string{"npm", "run", "dev"}, ""}, // pnpm and yarn are npm to hotswap
		{"sh -c a & wait", []string{"sh", "-c", "node server.js & wait"}, ""},
		{"one that swallows", []string{self, "node", "server.js"}, "swallow"},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			dir, port := wrapped(t), freePort(t)
			o := options{
				dir: dir, args: []string{"--no-watch", "--probation", "0"}, command: w.command,
				env: []string{"PORT=" + port, wrapEnv + "=" + w.env, "npm_config_update_notifier=false"},
			}
			swapsAndStops(t, o, port)
			heardOnce(t, filepath.Join(dir, "heard"))
		})
	}
}

// swapsAndStops swaps once under load and stops.
func swapsAndStops(t *testing.T, o options, port string) {
	t.Helper()
	h := start(t, o)
	h.Serving(1)
	const slow = 300 * time.Millisecond
	kinds := []load.Kind{load.FreshGET(2), load.KeepAliveGET(2), load.SlowFresh(2, slow), load.SlowKeepAlive(2, slow)}
	tr := h.under(kinds)
	save(t, filepath.Join(o.dir, "version.json"), 2)
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	tr.Answers("2", 20)
	h.drains(1)
	tr.end(t)
	processes := below(t, h.Cmd.Process.Pid)
	h.signal(syscall.SIGTERM)
	h.exits(0)
	h.drains(2)
	ended(t, processes)
}

// heardOnce wants one stop signal to have been heard by each of the two
// processes that listened.
func heardOnce(t *testing.T, file string) {
	t.Helper()
	b := testkit.Must(os.ReadFile(file))(t)
	said := map[string]int{}
	for l := range strings.Lines(string(b)) {
		said[strings.TrimSpace(l)]++
	}
	listened := 0
	for l := range said {
		if pid, listens := strings.CutSuffix(l, " listens"); listens {
			listened++
			if n := said[pid+" SIGTERM"]; n != 1 {
				t.Errorf("process %s heard %d stop signals:\n%s", pid, n, b)
			}
		}
	}
	if listened != 2 {
		t.Errorf("%d processes listened, want 2", listened)
	}
}
