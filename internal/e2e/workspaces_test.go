//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A workspace whose package manager starts a hotswap for each service, and a front end without one. A save of a shared
// package swaps the services that have loaded it, and no other. Each service has a port of its own, and nothing is left
// at the end, by Ctrl-C, which the terminal sends to all.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	install(t, tools())
	dir := t.TempDir()
	unpack(t, "testdata/workspaces/pnpm.txtar", dir)
	pnpm := filepath.Join(tools(), "node_modules/.bin/pnpm")
	path := "PATH=" + strings.Join([]string{filepath.Dir(binary), os.Getenv("PATH")}, ":")
	execute(t, dir, nil, pnpm, "install", "--offline")
	cmd := exec.Command(pnpm, "-r", "--parallel", "dev")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), path, "HOTSWAP_VERBOSE=true", "GORACE=atexit_sleep_ms=0")
	p := testkit.Start(t, cmd)
	front, _ := strconv.Atoi(strings.Fields(p.Sees("front end "))[4])
	clients := map[string]*traffic{} // of each port
	for _, app := range []string{"api", "auth", "mail"} {
		_, after, _ := strings.Cut(p.Sees("apps/"+app+" dev: hotswap: generation 1 serves "), "serves ")
		at := strings.Fields(after)[0]
		for strings.Contains(p.Sees("apps/"+app+" dev: hotswap: generation 1 has loaded "), " 0 files ") {
		}
		clients[at] = begin(t, []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)}, load.ExampleChecks(), at)
		clients[at].Answers("1", 10)
	}
	saves := func(file string, apps ...string) {
		t.Helper()
		save(t, filepath.Join(dir, file), 2)
		for _, app := range apps {
			if l := p.Sees("apps/" + app + " dev: hotswap: generation 2 serves "); !strings.HasSuffix(l, strings.TrimPrefix(file, "apps/"+app+"/")) {
				t.Error(l)
			}
		}
	}
	saves("packages/shared/src/version.mjs", "api", "auth")
	saves("apps/mail/src/version.mjs", "mail")
	for _, tr := range clients {
		tr.Answers("2", 10)
		tr.end(t)
	}
	processes := below(t, p.Cmd.Process.Pid)
	if processes[front] == 0 {
		t.Error("the front end is another process")
	}
	testkit.NoError(t, syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGINT))
	ended(t, processes)
	if len(clients) != 3 || strings.Contains(p.Output(), "generation 3 serves") {
		t.Errorf("%d ports of three services\n%s", len(clients), p.Output())
	}
}
