//go:build linux

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// below lists the processes below pid as pidfds, so that their end can be
// waited for, whoever reaps them.
func below(t *testing.T, pid int) map[int]int {
	t.Helper()
	out := map[int]int{}
	var walk func(int)
	walk = func(p int) {
		b, err := exec.Command("pgrep", "-P", strconv.Itoa(p)).Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		for _, f := range strings.Fields(string(b)) {
			child, _ := strconv.Atoi(f)
			if fd, err := unix.PidfdOpen(child, 0); err == nil {
				out[child] = fd
				walk(child)
			}
		}
	}
	walk(pid)
	return out
}

// end waits until all of them have ended.
func ended(t testing.TB, processes map[int]int) {
	t.Helper()
	for pid, fd := range processes {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(fds, int(patience.Milliseconds()))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n == 0 {
				cmdline, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
				t.Errorf("process %d (%q) is still there: %v", pid, cmdline, err)
				_ = unix.Kill(pid, unix.SIGKILL)
			}
			if fds[0].Revents&unix.POLLNVAL != 0 {
				t.Fatalf("descriptor %d of process %d was closed before", fd, pid)
			}
			break
		}
		_ = unix.Close(fd)
	}
}

// terminal runs hotswap in a terminal of its own.
func terminal(t *testing.T, dir string, args ...string) *testkit.Terminal {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	return testkit.StartTerminal(t, cmd)
}

// A program that leaves the terminal in raw mode does not leave it so to the user. The process that leads the
// terminal's session is not upgraded: the terminal would be hung up with it.
func TestTerminalIsRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "raw.py"), `
import os, tty, http.server, sys
fd = os.open("/dev/tty", os.O_RDWR)
import signal; signal.signal(signal.SIGTTOU, signal.SIG_IGN)
tty.setraw(fd)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
`)
	c := terminal(t, dir, "--no-watch", "--", "python3", "raw.py", freePort(t))
	c.Sees("serves")
	if c.AsBefore() {
		t.Fatal("the program did not set the terminal raw")
	}
	c.Signal(syscall.SIGUSR2)
	c.Sees("upgrade failed: the terminal would be hung up")
	c.Signal(syscall.SIGTERM)
	c.Ends(0)
}
