package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

func init() { beShell = jobShell }

// jobShell is the smallest of shells with job control: it leads a terminal's
// session and runs one job, its arguments, in a process group of its own, in the
// "foreground" or the "background". It takes commands on descriptor 3, a line each (fg, bg, and the end of
// the file to leave), and tells on descriptor 4 what became of the job. It does
// to the terminal's modes what dash does: nothing.
func jobShell(start string) {
	_ = os.Unsetenv(beShellEnv)
	for _, fd := range []int{3, 4} {
		unix.CloseOnExec(fd)
	}
	commands, reports := os.NewFile(3, "commands"), os.NewFile(4, "reports")
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP)
	job, err := os.StartProcess(os.Args[1], os.Args[1:], &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Foreground: start == "foreground"},
	})
	if err != nil {
		fmt.Fprintln(reports, err)
		return
	}
	fmt.Fprintln(reports, "pid", job.Pid)
	go func() {
		for {
			var ws unix.WaitStatus
			if _, err := unix.Wait4(job.Pid, &ws, unix.WUNTRACED, nil); err == unix.EINTR {
				continue
			} else if err != nil {
				return
			}
			giveTerminal(unix.Getpgrp())
			switch {
			case ws.Stopped():
				fmt.Fprintln(reports, "stopped by", ws.StopSignal())
			case ws.Signaled():
				fmt.Fprintln(reports, "killed by", ws.Signal())
			default:
				fmt.Fprintln(reports, "exit code", ws.ExitStatus())
			}
		}
	}()
	for s := bufio.NewScanner(commands); s.Scan(); {
		switch s.Text() {
		case "fg":
			giveTerminal(job.Pid)
			_ = unix.Kill(-job.Pid, unix.SIGCONT)
		case "fg silently": // bash does not continue a job that runs
			giveTerminal(job.Pid)
		case "bg":
			_ = unix.Kill(-job.Pid, unix.SIGCONT)
		}
	}
}

// giveTerminal makes the group the foreground one. From the background that
// takes that SIGTTOU is blocked; it is not ignored, for the job would inherit
// that.
func giveTerminal(group int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, was unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGTTOU - 1)
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &set, &was)
	_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &was, nil)
}

// console is hotswap as a job of a shell in a terminal.
type console struct {
	*testkit.Terminal // of the shell
	t                 *testing.T
	port              int
	pid               int    // of hotswap
	dir               string // that hotswap runs in
	commands          *os.File
	reports           chan string
}

// openConsole starts hotswap with these options over a small server.
func openConsole(t *testing.T, start string, args ...string) *console {
	t.Helper()
	port := freePort(t)
	argv := testkit.Must(doctor.ServerArgv(port))(t)
	c := openConsoleOver(t, start, append(append(args, "--"), argv...)...)
	c.port = port
	return c
}

func openConsoleOver(t *testing.T, start string, args ...string) *console {
	t.Helper()
	return openConsoleIn(t, t.TempDir(), start, args...)
}

func openConsoleIn(t *testing.T, dir, start string, args ...string) *console {
	t.Helper()
	commandsR, commandsW, err := os.Pipe()
	testkit.NoError(t, err)
	reportsR, reportsW, err := os.Pipe()
	testkit.NoError(t, err)
	self := testkit.Must(os.Executable())(t)
	cmd := exec.Command(self, append([]string{self}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), beShellEnv+"="+start, beHotswapEnv+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.ExtraFiles = []*os.File{commandsR, reportsW}
	c := &console{Terminal: testkit.StartTerminal(t, cmd), t: t, dir: cmd.Dir, commands: commandsW,
		reports: make(chan string, 100)}
	commandsR.Close()
	reportsW.Close()
	go func() {
		defer close(c.reports)
		for s := bufio.NewScanner(reportsR); s.Scan(); {
			c.reports <- s.Text()
		}
	}()
	t.Cleanup(func() {
		if c.pid != 0 {
			_ = unix.Kill(-c.pid, unix.SIGCONT)
			_ = unix.Kill(c.pid, unix.SIGQUIT)
		}
		commandsW.Close()
		<-c.Done
	})
	testkit.Must(fmt.Sscanf(c.report(), "pid %d", &c.pid))(t)
	return c
}

// tells gives the shell a command.
func (c *console) tells(command string) {
	c.t.Helper()
	testkit.Must(fmt.Fprintln(c.commands, command))(c.t)
}

// inForeground waits until the terminal is hotswap's.
func (c *console) inForeground() {
	c.t.Helper()
	testkit.Eventually(c.t, func() error {
		// Of the other side's end the kernel tells it to anybody.
		if group, err := unix.IoctlGetInt(int(c.Keys.Fd()), unix.TIOCGPGRP); err != nil || group != c.pid {
			return fmt.Errorf("the terminal is not given to hotswap: %d, %v", group, err)
		}
		return nil
	})
}

// report is what the shell says next of its job.
func (c *console) report() string {
	c.t.Helper()
	select {
	case r := <-c.reports:
		return r
	case <-time.After(patience):
		c.t.Fatal("the shell says nothing")
		return ""
	}
}

func (c *console) wantReport(want string) {
	c.t.Helper()
	if got := c.report(); got != want {
		c.t.Fatalf("the shell says %q, want %q", got, want)
	}
}

func (c *console) AsFound() {
	c.t.Helper()
	if !c.AsBefore() {
		c.t.Errorf("the terminal is not as it was found:\n%+v\n%+v", c.Modes(), c.Was)
	}
}

// becomes waits until the modes are these.
func (c *console) becomes(want tty.Modes) {
	c.t.Helper()
	testkit.Eventually(c.t, func() error {
		if now := c.Modes(); now != want {
			return fmt.Errorf("the terminal does not become\n%+v\nbut is\n%+v", want, now)
		}
		return nil
	})
}

// answers asks the server, with as much patience as a queue may take.
func (c *console) answers() {
	c.t.Helper()
	testkit.Must(testkit.Get("http://" + doctor.Addr(c.port) + "/ping"))(c.t)
}
