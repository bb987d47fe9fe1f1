//go:build linux

package e2e

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// While the child of an upgrade boots, hotswap is told to stop, and both end.
func TestEndsDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	held := filepath.Join(t.TempDir(), "held")
	h := start(t, options{
		dir: project(t, "python"), env: []string{"HELD=" + held}, args: []string{"--no-watch"},
		command: []string{"sh", "-c", `while [ -e "$HELD" ]; do sleep 0.05; done; exec python3 -B server.py`},
	})
	h.Serving(1)
	write(t, held, "")
	h.signal(syscall.SIGUSR2)
	boot := h.Wait("the child boots", is("upgrade-boot"))
	processes := below(t, h.pid())
	if processes[boot.PID] == 0 {
		t.Fatalf("process %d is not below hotswap", boot.PID)
	}
	h.signal(syscall.SIGTERM)
	h.exits(0)
	ended(t, processes)
	refused(t, h.port)
	if n := h.Count(func(l line) bool { return l.Event == "upgraded" || l.Event == "upgrade-failed" }); n > 0 {
		t.Error("an upgrade that nobody wants any more was told of")
	}
}

// refused demands that nobody listens at the port.
func refused(t *testing.T, port string) {
	t.Helper()
	if conn, err := net.Dial("tcp4", "127.0.0.1:"+port); err == nil {
		conn.Close()
		t.Errorf("port %s is still served", port)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	testkit.NoError(t, err)
}
