//go:build unix

package testkit

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// CtrlC is the key that interrupts.
const CtrlC = "\x03"

// Terminal is a process that leads the session of a terminal of its own.
type Terminal struct {
	*Process
	Keys  *os.File  // what the user has: keyboard and screen
	Was   tty.Modes // before the process
	slave *os.File  // what the process has
}

// StartTerminal starts a command in a new terminal.
func StartTerminal(t testing.TB, cmd *exec.Cmd) *Terminal {
	t.Helper()
	keys, slave, err := tty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	c := &Terminal{Keys: keys, slave: slave}
	c.Was, err = tty.Get(int(slave.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	c.Process = start(t, cmd, keys, open{})
	return c
}

// open is a terminal's slave, which stays open: its modes are read when the process has ended.
type open struct{}

func (open) Close() error { return nil }

// Type types a text.
func (c *Terminal) Type(text string) {
	c.t.Helper()
	if _, err := c.Keys.WriteString(text); err != nil {
		c.t.Fatal(err)
	}
}

// Modes returns the modes that the terminal has now.
func (c *Terminal) Modes() tty.Modes {
	c.t.Helper()
	now, err := tty.Get(int(c.slave.Fd()))
	if err != nil {
		c.t.Fatal(err)
	}
	return now
}

// AsBefore reports whether the terminal has the modes that it had before the process.
func (c *Terminal) AsBefore() bool {
	c.t.Helper()
	return c.Modes() == c.Was
}

// Ends waits for the exit code, and demands that the terminal is as before.
func (c *Terminal) Ends(code int) {
	c.t.Helper()
	select {
	case <-c.Done:
	case <-time.After(Patience):
		c.t.Fatalf("%q does not end", c.Cmd.Args)
	}
	if got := c.Cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit code %d, want %d", got, code)
	}
	if !c.AsBefore() {
		c.t.Error("the terminal is not as before")
	}
}
