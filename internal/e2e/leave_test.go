//go:build linux

package e2e

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/tty"
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

// console is hotswap in a real terminal.
type console struct {
	t     *testing.T
	cmd   *exec.Cmd
	pty   *os.File
	tty   *os.File
	was   *term.State
	lines chan string

	shown []string // lines that no call of sees has asked for yet
}

func open(t *testing.T, dir string, args ...string) *console {
	t.Helper()
	p, slave, err := tty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); slave.Close() })
	was, err := term.GetState(int(slave.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, cmd: exec.Command(binary, args...), pty: p, tty: slave, was: was, lines: make(chan string, 1000)}
	c.cmd.Dir = dir
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = slave, slave, slave
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	go func() {
		defer close(c.lines)
		s := bufio.NewScanner(p)
		for s.Scan() {
			c.lines <- s.Text()
		}
	}()
	return c
}

// sees waits for a line with a text. What hotswap says and what its program says has no order: a line
// that comes before the one that is waited for can be seen later, each line once.
func (c *console) sees(text string) {
	c.t.Helper()
	for i, l := range c.shown {
		if strings.Contains(l, text) {
			c.shown = slices.Delete(c.shown, i, i+1)
			return
		}
	}
	timeout := time.After(patience)
	for {
		select {
		case l, ok := <-c.lines:
			if !ok {
				c.t.Fatalf("the terminal ended without %q", text)
			}
			c.t.Log(l)
			if strings.Contains(l, text) {
				return
			}
			c.shown = append(c.shown, l)
		case <-timeout:
			c.t.Fatalf("the terminal does not show %q", text)
		}
	}
}

func (c *console) press(key byte) {
	c.t.Helper()
	if _, err := c.pty.Write([]byte{key}); err != nil {
		c.t.Fatal(err)
	}
}

const ctrlC = 3

func TestCtrlCInATerminal(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dir, command := stray(t, port, false)
	c := open(t, dir, append([]string{"--no-watch", "--"}, command...)...)
	c.sees("serves")
	processes := below(t, c.cmd.Process.Pid)
	if len(processes) < 3 {
		t.Fatalf("the tree has %d processes: keeper, server and the stray one were expected", len(processes))
	}
	c.press(ctrlC)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("after one Ctrl-C: %v", err)
	}
	ended(t, processes)
	c.asBefore()
}

func TestCtrlCTwiceInATerminal(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dir, command := stray(t, port, true)
	c := open(t, dir, append([]string{"--no-watch", "--drain-timeout", "5m", "--"}, command...)...)
	c.sees("serves")
	processes := below(t, c.cmd.Process.Pid)
	c.press(ctrlC)
	c.sees("draining, then stopping")
	// A second one counts when it is not an echo of the first (1 s).
	impatience := time.AfterFunc(1200*time.Millisecond, func() { c.press(ctrlC) })
	defer impatience.Stop()
	var exit *exec.ExitError
	if err := c.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 128+int(syscall.SIGINT) {
		t.Errorf("after two Ctrl-C: %v, want exit code 130", err)
	}
	ended(t, processes)
	c.asBefore()
}

// The process that leads the terminal's session is not upgraded: the terminal
// would be hung up with it.
func TestNoUpgradeOfASessionsLeader(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dir, command := stray(t, port, false)
	c := open(t, dir, append([]string{"--no-watch", "--"}, command...)...)
	c.sees("serves")
	if err := c.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	c.sees("upgrade failed: the terminal would be hung up")
	c.press(ctrlC)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("after one Ctrl-C: %v", err)
	}
}

// Ctrl-C at `hotswap … 2>&1 | tee log` ends tee first: what hotswap says then
// goes nowhere, and the request under way is answered all the same.
func TestCtrlCWithAPipeThatEndsFirst(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "python"), freePort(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "--no-watch", "--", "python3", "-B", "server.py")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PORT="+port)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	w.Close()
	for s := bufio.NewScanner(r); s.Scan() && !strings.Contains(s.Text(), "serves"); {
	}
	tr := begin(t, []load.Kind{{Workers: 1, Limit: 1, Path: "/slow?ms=700", Slow: slow}}, load.ExampleChecks(), "127.0.0.1:"+port)
	// The request is in the program when its connection has been accepted.
	accepted(t, port)
	r.Close()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("hotswap: %v", err)
	}
	if s := tr.c.Wait(); s.Counts[load.OK] != 1 {
		t.Errorf("the request was lost: %v", s)
	}
}

// accepted waits until somebody has a connection of the port as a descriptor.
func accepted(t *testing.T, port string) {
	t.Helper()
	number, _ := strconv.Atoi(port)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		found := false
		sockets, err := sockdiag.Dump(sockdiag.Query{Port: uint16(number), States: []sockdiag.State{sockdiag.Established}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sockets {
			found = found || s.Inode != 0
		}
		if found {
			return
		}
	}
	t.Fatal("no connection is accepted")
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
	c := open(t, dir, "--no-watch", "--", "python3", "raw.py", freePort(t))
	c.sees("serves")
	if now, err := term.GetState(int(c.tty.Fd())); err != nil || *now == *c.was {
		t.Fatalf("the program did not set the terminal raw: %v", err)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Error(err)
	}
	c.asBefore()
}

func (c *console) asBefore() {
	c.t.Helper()
	now, err := term.GetState(int(c.tty.Fd()))
	if err != nil || *now != *c.was {
		c.t.Errorf("the terminal is not as before: %+v, %v", now, err)
	}
}

// kill -9 of hotswap leaves no child serving, and none at all.
func TestKillNineOfHotswap(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dir, command := stray(t, port, true)
	h := start(t, options{dir: dir, args: []string{"--no-watch"}, command: command})
	h.serving(1)
	processes := below(t, h.pid())
	h.signal(syscall.SIGKILL)
	<-h.Done
	ended(t, processes)
	tr := begin(t, []load.Kind{{Workers: 1, Limit: 1}}, load.Checks{}, "127.0.0.1:"+port)
	if s := tr.c.Wait(); s.Counts[load.Refused] != 1 {
		t.Errorf("the port is still served: %v", s)
	}
}
