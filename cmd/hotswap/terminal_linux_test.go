package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	c := openConsole(t, "foreground", "--no-watch")
	c.Sees("generation 1 serves")
	c.Sees(ui.KeyHint)
	c.becomes(c.Was.Cbreak())
	c.Type("r")
	c.Sees("generation 2 serves")
	c.Sees("generation 1 drained")
	c.Type("s")
	c.Sees("serving · ")
	c.Sees("hotswap:   generation 2 serving · process ")
	c.Sees("→ generation 2")
	c.Type("b")
	c.Sees("cannot roll back")
	c.Type("p")
	c.Sees("nothing to pause")
	c.Type("?")
	c.Sees("roll back to the previous generation")
	c.Sees("SIGUSR2")
	c.Type("x")
	c.Type("\x1b[A")
	c.Type("\r") // ends that line
	c.Type("\r")
	c.Sees("generation 3 serves")
	c.Type("q")
	c.Sees("draining, then stopping")
	c.wantReport("exit code 0")
	c.AsFound()
	if n := strings.Count(c.Output(), ui.KeyHint); n != 1 {
		t.Errorf("the hint came %d times", n)
	}
}

// A child that gives up leaves the terminal as it found it: the parent, which goes on, takes the keys again.
func TestKeysGoOnAfterAFailedUpgrade(t *testing.T) {
	t.Parallel()
	server := testkit.Must(doctor.ServerArgv(freePort(t)))(t)
	c := openConsoleOver(t, "foreground",
		append([]string{"--no-watch", "--", "sh", "-c", `[ ! -e broken ] && exec "$@"`, "sh"}, server...)...)
	c.Sees("generation 1 serves")
	c.becomes(c.Was.Cbreak())
	testkit.NoError(t, os.WriteFile(filepath.Join(c.dir, "broken"), nil, 0o600))
	testkit.NoError(t, unix.Kill(c.pid, unix.SIGUSR2))
	c.Sees("upgrade failed")
	c.becomes(c.Was.Cbreak())
	c.Type("s")
	c.Sees("serving · ")
	c.Type("q")
	c.wantReport("exit code 0")
	c.AsFound()
}

// waitState waits until the processes are in this state (proc_pid_stat(5)).
func waitState(t *testing.T, want byte, pids []int) {
	testkit.Eventually(t, func() (err error) {
		for _, pid := range pids {
			b, failed := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if i := bytes.LastIndexByte(b, ')'); failed != nil || b[i+2] != want {
				err = fmt.Errorf("process %d does not become %c: %s, %v", pid, want, b, failed)
			}
		}
		return err
	})
}

// Ctrl-Z stops the program too, what runs beside it and the command about an event; clients wait. After fg all goes on.
func TestCtrlZ(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	const file = "beside: echo $$ >beside; exec sleep 1000\non: {event: serving, run: echo $$ >about; exec sleep 1000}\n"
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "hotswap.yaml"), []byte(file), 0o600))
	c := openConsoleIn(t, dir, "foreground",
		append([]string{"--no-watch", "--"}, testkit.Must(doctor.ServerArgv(port))(t)...)...)
	c.port = port
	c.Sees(ui.KeyHint)
	c.becomes(c.Was.Cbreak())
	var pids []int
	for _, name := range []string{"beside", "about"} {
		testkit.Eventually(t, func() error {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			var pid int
			_, err = fmt.Sscanln(string(b), &pid)
			if err == nil {
				pids = append(pids, pid)
			}
			return err
		})
	}
	for range 2 {
		c.Type("\x1a")
		c.wantReport("stopped by stopped")
		c.AsFound()
		waitState(t, 'T', pids)
		answered := make(chan struct{}, 1)
		testkit.Eventually(t, func() error { // its keeper stops the program, perhaps after the others
			go func() { c.answers(); answered <- struct{}{} }()
			select {
			case <-answered:
				return fmt.Errorf("a stopped program answers")
			case <-time.After(50 * time.Millisecond): // an answer takes 1 ms
				return nil
			}
		})
		c.tells("fg")
		<-answered
		c.becomes(c.Was.Cbreak())
		waitState(t, 'S', pids)
	}
	c.Type("r")
	c.Sees("generation 2 serves")
	c.Type("\x1c") // an exit like any other
	c.wantReport("exit code 131")
	c.AsFound()
}

// In the background the program goes on, and the terminal is the shell's.
func TestCtrlZAndBg(t *testing.T) {
	c := openConsole(t, "foreground", "--no-watch")
	c.Sees(ui.KeyHint)
	c.Type("\x1a")
	c.wantReport("stopped by stopped")
	c.tells("bg")
	c.answers()
	c.AsFound()
	c.Type("q\n") // is the shell's
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
		c.Sees("generation 1 serves")
		c.answers()
		c.AsFound()
		unix.Kill(c.pid, unix.SIGHUP)
		c.Sees("generation 1 drained")
		c.AsFound()
		c.tells(fg)
		c.inForeground()
		if fg == "fg silently" {
			unix.Kill(c.pid, unix.SIGHUP)
		}
		c.becomes(c.Was.Cbreak())
		if fg == "fg silently" { // the hint is for those who can press keys
			c.Sees(ui.KeyHint)
		}
		c.Type("q")
		c.wantReport("exit code 0")
		c.AsFound()
		if fg == "fg" && strings.Contains(c.Output(), ui.KeyHint) {
			t.Error("a hint although no generation began to serve")
		}
	}
}

// At a terminal the program has one, of the same size, and hears when that
// changes. What it writes there comes as it would from itself.
func TestProgramHasATerminal(t *testing.T) {
	resize := func(c *console, rows, columns uint16) {
		testkit.NoError(t, unix.IoctlSetWinsize(int(c.Keys.Fd()), unix.TIOCSWINSZ,
			&unix.Winsize{Row: rows, Col: columns}))
	}
	c := openConsoleOver(t, "foreground", "--no-watch", "--", "sh", "-c",
		`test -t 1 && test -t 2 && echo 'both are terminals'
		size() { stty size <&2; }
		trap size WINCH
		printf '\033[31mred\033[0m\n'
		while :; do sleep 0.05; done`)
	c.Sees("both are terminals")
	c.Sees("\x1b[31mred\x1b[0m")
	resize(c, 30, 100)
	c.Sees("30 100")
	resize(c, 40, 120)
	c.Sees("40 120")
}
