package main

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// mountProcEnv makes this test binary mount the /proc of the pid namespace that
// it was started in.
const mountProcEnv = "HOTSWAP_TEST_MOUNT_PROC"

func mountProcAsAsked() error {
	if os.Getenv(mountProcEnv) == "" {
		return nil
	}
	_ = os.Unsetenv(mountProcEnv)
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	return unix.Mount("proc", "/proc", "proc", 0, "")
}

// container is hotswap as process 1 of a pid namespace.
type container struct {
	t   *testing.T
	cmd *exec.Cmd
	err *bufio.Scanner

	seen []string // of its lines
}

func startAsPID1(t *testing.T, args ...string) *container {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace takes root here")
	}
	cmd := asHotswap(t, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	cmd.Env = append(cmd.Env, mountProcEnv+"=1")
	stderr := testkit.Must(cmd.StderrPipe())(t)
	if err := cmd.Start(); errors.Is(err, unix.EPERM) {
		t.Skipf("no namespace: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &container{t: t, cmd: cmd, err: bufio.NewScanner(stderr)}
}

// lines waits for a line with each of the parts, in any order; ^ is its begin.
func (c *container) lines(parts ...string) {
	c.t.Helper()
	missing := slices.Clone(parts)
	from := len(c.seen)
	for len(missing) > 0 && c.err.Scan() {
		c.seen = append(c.seen, c.err.Text())
		missing = slices.DeleteFunc(missing, func(p string) bool { return strings.Contains("^"+c.err.Text(), p) })
	}
	switch text := strings.Join(c.seen[from:], "\n"); {
	case len(missing) == 0:
	case strings.Contains(text, "private mounts"):
		c.t.Skip(text)
	default:
		c.t.Fatalf("no line with %q:\n%s", missing, text)
	}
}

// exec runs a script in the container as docker exec does, and returns when its
// first process has ended.
func (c *container) exec(script string) {
	c.t.Helper()
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this
		ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/pid", c.cmd.Process.Pid))
		if err == nil {
			defer ns.Close()
			err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWPID) // of its children (setns(2))
		}
		if err == nil {
			cmd := exec.Command("/bin/sh", "-c", script)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			err = cmd.Run()
		}
		failed <- err
	}()
	testkit.NoError(c.t, <-failed)
}

// children are hotswap's, with their names and states.
func (c *container) children() map[int]string {
	out := map[int]string{}
	for _, pid := range proc.Children(c.cmd.Process.Pid) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if i := strings.LastIndexByte(string(b), ')'); err == nil && i >= 0 {
			out[pid] = string(b[strings.IndexByte(string(b), '(')+1:i]) + " " + string(b[i+2])
		}
	}
	return out
}

// until waits for a fact about the children.
func (c *container) until(what string, is func(map[int]string) bool) {
	c.t.Helper()
	testkit.Eventually(c.t, func() error {
		if all := c.children(); !is(all) {
			return fmt.Errorf("%s does not come: %v", what, all)
		}
		return nil
	})
}

func (c *container) exits(code int) {
	c.t.Helper()
	for c.err.Scan() { // until nobody has it
		c.seen = append(c.seen, c.err.Text())
	}
	_ = c.cmd.Wait()
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit code %d, want %d", got, code)
	}
}

// As process 1, hotswap waits for what falls to it, and ends no stranger when a
// keeper is killed; docker stop drains.
func TestPID1(t *testing.T) {
	c := startAsPID1(t, "--no-watch", "--ready", "log:^it runs", "--", "/bin/sh", "-c",
		`trap 'echo drained >&2; exit 0' TERM; (sleep 0.01 &); echo it runs >&2; while :; do sleep 0.05; done`)
	c.lines("^it runs", "generation 1 runs")
	c.exec("sleep 1001 & sleep 1002 &")
	var orphans []int
	c.until("two orphans", func(all map[int]string) bool {
		orphans = nil
		for pid, what := range all {
			if what == "sleep S" {
				orphans = append(orphans, pid)
			}
		}
		return len(orphans) == 2
	})
	testkit.NoError(t, unix.Kill(orphans[0], unix.SIGKILL))
	c.until("the dead orphan's end", func(all map[int]string) bool { _, there := all[orphans[0]]; return !there })

	for pid, what := range c.children() {
		if pid != orphans[1] && !strings.HasPrefix(what, "sleep") {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil { // the keeper
				t.Fatal(err)
			}
		}
	}
	c.lines("^it runs", "generation 2 runs") // the next generation, after the crash
	if what := c.children()[orphans[1]]; what != "sleep S" {
		t.Errorf("the stranger is %q", what)
	}
	c.until("the end of each process that has ended", func(all map[int]string) bool {
		return !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(what string) bool { return strings.HasSuffix(what, " Z") })
	})

	testkit.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	c.lines("drained")
	c.exits(0)
}
