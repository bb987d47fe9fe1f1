package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/commands"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	c := openConsole(t, "foreground", "--no-watch")
	c.sees("generation 1 serves")
	c.sees(ui.KeyHint)
	c.becomes(c.found.Cbreak())
	c.press("r")
	c.sees("generation 2 serves")
	c.sees("generation 1 drained")
	c.press("s")
	c.sees("serving · ")
	c.sees("hotswap:   generation 2 serving · process ")
	c.sees("→ generation 2")
	c.press("b")
	c.sees("cannot roll back")
	c.press("p")
	c.sees("nothing to pause")
	c.press("?")
	c.sees("roll back to the previous generation")
	c.sees("SIGUSR2")
	c.press("x")
	c.press("\x1b[A")
	c.press("\r")
	c.sees("\r\n\r\n")
	c.press("q")
	c.sees("draining, then stopping")
	c.wantReport("exit code 0")
	c.AsFound()
	if n := strings.Count(c.shown(), ui.KeyHint); n != 1 {
		t.Errorf("the hint came %d times", n)
	}
}

// The key p pauses, and makes one swap of what was saved meanwhile.
func TestPauseKey(t *testing.T) {
	t.Parallel()
	c := openConsole(t, "foreground", "--ext", "txt")
	c.sees(ui.KeyHint)
	c.press("p")
	c.sees("paused: changes of files are kept; p or hotswap resume makes one swap of them")
	for _, name := range []string{"a.txt", "b.txt"} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte("1"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.sees(name + " kept: swaps are paused")
	}
	c.press("s")
	c.sees("2 changed files wait")
	c.press("p")
	c.sees("resumed: one swap for 2 changed files")
	c.sees("generation 2 serves")
	c.sees("a.txt and 1 more")
	c.press("q")
	c.wantReport("exit code 0")
}

// The second q is the second Ctrl-C.
func TestQuitTwice(t *testing.T) {
	t.Parallel()
	c := openConsole(t, "foreground", "--no-watch", "--drain-timeout", "5m")
	c.sees(ui.KeyHint)
	// Stopped, it does not hear that it is to end.
	if err := unix.Kill(onlyChild(t, onlyChild(t, c.pid)), unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.press("q")
	c.sees("draining, then stopping")
	time.AfterFunc(commands.ImpatientAfter+100*time.Millisecond, func() { c.press("q") })
	c.wantReport("exit code 130")
	c.AsFound()
}

// onlyChild is the one child of a process.
func onlyChild(t *testing.T, pid int) int {
	t.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []string
	for _, f := range files {
		b, _ := os.ReadFile(f)
		all = append(all, strings.Fields(string(b))...)
	}
	if len(all) != 1 {
		t.Fatalf("process %d has the children %v", pid, all)
	}
	n, _ := strconv.Atoi(all[0])
	return n
}

// waitState waits until a process is in this state (proc_pid_stat(5)).
func waitState(t *testing.T, pid int, want byte) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if i := bytes.LastIndexByte(b, ')'); err == nil && i > 0 && b[i+2] == want {
			return
		}
	}
	t.Fatalf("process %d does not become %c", pid, want)
}

// Ctrl-Z stops the program too; clients wait. After fg all goes on.
func TestCtrlZ(t *testing.T) {
	c := openConsole(t, "foreground", "--no-watch")
	c.sees(ui.KeyHint)
	c.becomes(c.found.Cbreak())
	for range 2 {
		c.press("\x1a")
		c.wantReport("stopped by stopped")
		c.AsFound()
		server := onlyChild(t, onlyChild(t, c.pid))
		waitState(t, server, 'T')
		answered := make(chan struct{})
		go func() { defer close(answered); c.answers() }()
		select {
		case <-answered:
			t.Error("a stopped program answers")
		case <-time.After(50 * time.Millisecond): // an answer takes 1 ms
		}
		c.tells("fg")
		<-answered
		c.becomes(c.found.Cbreak())
	}
	c.press("r")
	c.sees("generation 2 serves")
	c.press("\x03")
	c.wantReport("exit code 0")
	c.AsFound()
}

// As soon as the keys are hotswap's Ctrl-Z is too, whatever it is at.
func TestCtrlZAtOnce(t *testing.T) {
	for _, stdin := range []bool{false, true} {
		args := []string{"--no-watch", "--", "sh", "-c", "sleep 60"}
		if stdin {
			args = append([]string{"--stdin"}, args...)
		}
		c := openConsoleOver(t, "foreground", args...)
		ours := c.found.Cbreak()
		if stdin {
			ours = c.found.Raw()
		}
		c.becomes(ours)
		c.press("\x1a")
		c.wantReport("stopped by stopped")
		c.AsFound()
		c.tells("fg")
		c.becomes(ours)
		c.press("\x03")
		c.wantReport("exit code 0")
		c.AsFound()
	}
}

// In the background the program goes on, and the terminal is the shell's.
func TestCtrlZAndBg(t *testing.T) {
	c := openConsole(t, "foreground", "--no-watch")
	c.sees(ui.KeyHint)
	c.press("\x1a")
	c.wantReport("stopped by stopped")
	c.tells("bg")
	c.answers()
	c.AsFound()
	c.press("q\n") // is the shell's
	c.answers()
	c.tells("fg")
	c.wantReport("exit code 0") // nobody took the q: now it is ours
	c.AsFound()
}

// What is started in the background touches nothing, is not stopped, and takes
// the keys when it comes to the foreground, told or not.
func TestBackground(t *testing.T) {
	t.Parallel()
	for _, fg := range []string{"fg", "fg silently"} {
		c := openConsole(t, "background", "--no-watch")
		c.sees("generation 1 serves")
		c.answers()
		c.AsFound()
		unix.Kill(c.pid, unix.SIGHUP)
		c.sees("generation 1 drained")
		c.AsFound()
		c.tells(fg)
		c.inForeground()
		if fg == "fg silently" {
			unix.Kill(c.pid, unix.SIGHUP)
		}
		c.becomes(c.found.Cbreak())
		if fg == "fg silently" { // the hint is for those who can press keys
			c.sees(ui.KeyHint)
		}
		c.press("q")
		c.wantReport("exit code 0")
		c.AsFound()
		if fg == "fg" && strings.Contains(c.shown(), ui.KeyHint) {
			t.Error("a hint although no generation began to serve")
		}
	}
}

// The last resort is an exit like any other.
func TestCtrlBackslash(t *testing.T) {
	c := openConsole(t, "foreground", "--no-watch")
	c.sees(ui.KeyHint)
	c.press("\x1c")
	c.wantReport("exit code 131")
	c.AsFound()
}

// At a terminal the program has one, of the same size, and hears when that
// changes. What it writes there comes as it would from itself.
func TestProgramHasATerminal(t *testing.T) {
	resize := func(c *console, rows, columns uint16) {
		if err := unix.IoctlSetWinsize(int(c.ptm.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
			t.Fatal(err)
		}
	}
	c := openConsoleOver(t, "foreground", "--no-watch", "--", "sh", "-c", `test -t 1 && test -t 2 && echo 'both are terminals'
		size() { stty size <&2; }
		trap size WINCH
		printf '\033[31mred\033[0m\n'
		while :; do sleep 0.05; done`)
	c.sees("both are terminals")
	c.sees("\x1b[31mred\x1b[0m")
	resize(c, 30, 100)
	c.sees("30 100")
	resize(c, 40, 120)
	c.sees("40 120")
}

// A line of hotswap's does not go on where the program has not ended its own.
func TestOwnLineAfterAPrompt(t *testing.T) {
	c := openConsoleOver(t, "foreground", "--no-watch", "--", "sh", "-c", "printf 'no newline'")
	c.sees("no newline\r\nhotswap: generation 1 finished")
}
