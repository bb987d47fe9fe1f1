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
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// stray is a program whose tree has a server, a grandchild that called setsid
// and ignores SIGTERM, and that says their process ids. With a trap the server
// itself ignores SIGTERM too.
func stray(t *testing.T, port string, ignore bool) (dir string, command []string) {
	dir = t.TempDir()
	script := `
import http.server, os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.execve("/bin/sleep", ["sleep", "1000"], {})
    os._exit(0)
os.wait()
if len(sys.argv) > 2: signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
`
	write(t, filepath.Join(dir, "stray.py"), script)
	command = []string{"python3", "stray.py", port}
	if ignore {
		command = append(command, "ignore")
	}
	return dir, command
}

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

// Ctrl-C ends the whole tree, strays included. Where the program ignores its stop signal, a second Ctrl-C ends all at once.
func TestCtrlCInATerminal(t *testing.T) {
	t.Parallel()
	for name, twice := range map[string]bool{"once": false, "twice": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, command := stray(t, freePort(t), twice)
			c := terminal(t, dir, append([]string{"--no-watch", "--drain-timeout", "5m", "--"}, command...)...)
			c.Sees("serves")
			processes := below(t, c.Cmd.Process.Pid)
			if len(processes) < 3 {
				t.Fatalf("the tree has %d processes: keeper, server and the stray one were expected", len(processes))
			}
			c.Type(testkit.CtrlC)
			code := 0
			if twice {
				c.Sees("draining, then stopping")
				// A second one counts when it is not an echo of the first (1 s).
				impatience := time.AfterFunc(1200*time.Millisecond, func() { c.Type(testkit.CtrlC) })
				defer impatience.Stop()
				code = 128 + int(syscall.SIGINT)
			}
			c.Ends(code)
			ended(t, processes)
		})
	}
}

// The process that leads the terminal's session is not upgraded: the terminal
// would be hung up with it.
func TestNoUpgradeOfASessionsLeader(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dir, command := stray(t, port, false)
	c := terminal(t, dir, append([]string{"--no-watch", "--"}, command...)...)
	c.Sees("serves")
	c.Signal(syscall.SIGUSR2)
	c.Sees("upgrade failed: the terminal would be hung up")
	c.Type(testkit.CtrlC)
	c.Ends(0)
}

// A program that leaves the terminal in raw mode does not leave it so to the
// user.
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
	c.Signal(syscall.SIGTERM)
	c.Ends(0)
}
