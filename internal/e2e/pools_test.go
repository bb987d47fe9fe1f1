//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// poolTally is what a pool of connections has seen.
type poolTally struct {
	OK     int
	Failed map[string]int
}

// Nobody loses a POST of undici's pools, of which one writes ten requests at once. The program has a handler of its own
// for the stop signal, and no probation, in which clients are moved on before that signal.
func TestNoPoolLosesAPost(t *testing.T) {
	t.Parallel()
	dir, clients := nodeProject(t, ownHandler), filepath.Join(root, "internal/e2e/testdata/node")
	install(t, clients)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", "0"},
		command: []string{"node", "server.js"}})
	h.Serving(1)
	cmd := exec.Command("node", "pipeline.mjs", h.port, "3")
	cmd.Dir, cmd.Stderr = clients, os.Stderr
	over := testkit.Must(cmd.StdinPipe())(t)
	asking := testkit.Start(t, cmd)
	tr := h.load([]load.Kind{load.FreshGET(2)})
	for v := 2; v <= 3; v++ {
		tr.Answers(strconv.Itoa(v-1), 20)
		save(t, filepath.Join(dir, "version.json"), v)
		h.signal(syscall.SIGHUP) // a save right after each start is taken for the program's own after a while
		h.Serving(v)
	}
	tr.Answers("3", 20)
	h.Drained(2)
	testkit.NoError(t, over.Close())
	code := asking.Wait()
	var pools map[string]poolTally
	if err := json.Unmarshal([]byte(asking.Output()), &pools); err != nil || code != 0 || len(pools) != 2 {
		t.Fatalf("exit code %d, %v in %q", code, err, asking.Output())
	}
	for name, p := range pools {
		if len(p.Failed) > 0 || p.OK == 0 {
			t.Errorf("%s: %d answered, failed %v", name, p.OK, p.Failed)
		}
	}
	tr.end(t)
	h.killedNone()
}
