//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The activator of systemd.
func TestSystemdSocketActivate(t *testing.T) {
	t.Parallel()
	systemd, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Fatalf("%v: .ci/install installs it", err)
	}
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.js"), plainNode)
	write(t, filepath.Join(dir, "version.js"), "module.exports = 1\n")
	h := start(t, options{
		binary: systemd, wrap: []string{"-l", "127.0.0.1:" + port, "-E", "PORT=" + port, "-E", "XDG_RUNTIME_DIR=" + dir, binary},
		dir: dir, command: []string{"node", "server.js"},
	})
	addr := "127.0.0.1:" + port
	testkit.Eventually(t, func() error { // it starts hotswap for the first client
		p, err := pinged(addr)
		if err == nil && p.Version != 1 {
			err = fmt.Errorf("%+v answers", p)
		}
		return err
	})
	h.Serving(1)
	tr := begin(t, getsOnly(), load.ExampleChecks(), addr)
	save(t, filepath.Join(dir, "version.js"), 2)
	h.Serving(2)
	tr.answers("2", 20)
	h.Drained(1)
	tr.end()
}
