//go:build linux && amd64

package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Clients that leave when /readyz says 503 lose nothing at the end of hotswap, although new ones come until then.
// Node's answers say that their connection ends.
func TestStopDelay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir     string
		adapter bool
		command []string
	}{
		{nodeProject(t, ""), true, words("node server.js")},
		{project(t, "python"), false, words("python3 -B server.py")},
	} {
		t.Run(c.command[0], func(t *testing.T) {
			spare(t, !c.adapter)
			t.Parallel()
			port, admin := freePort(t), freePort(t)
			h := start(t, options{
				dir: c.dir, env: []string{"PORT=" + port}, command: c.command,
				args: []string{"--no-watch", "--no-warm", "--admin", admin, "--stop-delay", "1h"},
			})
			tr := h.under(sixteen())
			h.signal(syscall.SIGTERM)
			unready(t, admin)
			from := tr.Snapshot().Closes.Announced
			tr.More(50)
			if c.adapter {
				tr.Until("answers end 8 kept connections", func(s load.Snapshot) bool { return s.Closes.Announced >= from+8 })
			}
			tr.end(t)
			h.signal(syscall.SIGINT) // the delay ends, and nobody is left
			h.exits(0)
		})
	}
}

// unready waits until /readyz says that hotswap stops.
func unready(t *testing.T, admin string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		if text := get("http://127.0.0.1:" + admin + "/readyz"); !strings.HasPrefix(text, "stopping") {
			return fmt.Errorf("/readyz says %q", text)
		}
		return nil
	})
}
