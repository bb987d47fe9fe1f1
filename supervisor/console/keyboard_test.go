//go:build linux

package console

import (
	"bufio"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

func TestTerminalsHaveTheSizeOfOurs(t *testing.T) {
	_, ours := screen(t)
	size := &unix.Winsize{Row: 24, Col: 80}
	set := func() {
		testkit.NoError(t, unix.IoctlSetWinsize(fd(ours), unix.TIOCSWINSZ, size))
	}
	set()
	c := New(Config{Out: fd(ours), Err: fd(ours)})
	p := inherit(t, open(t, c, nil))
	for range 2 {
		if got, err := unix.IoctlGetWinsize(fd(p.out), unix.TIOCGWINSZ); err != nil || *got != *size {
			t.Errorf("%v, want %v: %v", got, size, err)
		}
		size.Col = 132
		set()
		c.Resize()
	}
}

// What is typed is read, echoed and edited by the program's terminal, as long as
// the program wants that.
func TestKeyboard(t *testing.T) {
	for _, together := range []bool{true, false} {
		person, ours := screen(t)
		r := read(t, person)
		cfg := Config{In: fd(ours), Out: fd(ours), Err: fd(ours), Keyboard: true}
		if !together {
			logTheirs, log := pipe(t)
			read(t, logTheirs)
			cfg.Out, cfg.Err = fd(log), fd(log)
		}
		c := New(cfg)
		s := open(t, c, nil)
		p := inherit(t, s)
		if isTerminal(p.err) != together || !isTerminal(p.in) {
			t.Error("terminals are not as ours are")
		}
		k := c.Keyboard(1)
		testkit.Must(k.Write([]byte("helk\x7flo\n")))(t)
		if line, err := bufio.NewReader(p.in).ReadString('\n'); err != nil || line != "hello\n" {
			t.Errorf("the program reads %q: %v", line, err)
		}
		r.until("lo") // the echo
		if !k.Signals() {
			t.Error("no signals at the beginning")
		}
		raw := testkit.Must(tty.Get(fd(p.in)))(t)
		raw.Lflag &^= unix.ISIG
		testkit.NoError(t, raw.Set(fd(p.in)))
		if k.Signals() {
			t.Error("raw mode is not seen")
		}
		s.Close()
		if _, err := k.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("typed at what is closed: %v", err)
		}
		k.Signals()
	}
	_, ours := pipe(t)
	c := New(Config{In: fd(ours), Input: 0, Out: fd(ours), Err: fd(ours), Keyboard: true})
	if s := open(t, c, nil); c.Keyboard(1) != nil || s.Stdio()[0] != 0 {
		t.Error("a keyboard where there is no terminal")
	}
}

// Who types at a program that does not read can be told to stop.
func TestTypingCanBeStopped(t *testing.T) {
	person, ours := screen(t)
	read(t, person)
	c := New(Config{In: fd(ours), Out: fd(ours), Err: fd(ours), Keyboard: true})
	inherit(t, open(t, c, nil))
	step, err := c.Open(0, false, func() {}, nil)
	if err != nil || c.Keyboard(0) != nil {
		t.Errorf("%v, or somebody types for a step", err)
	}
	step.Close()
	done := make(chan error)
	go func() {
		for {
			if _, err := c.Keyboard(1).Write([]byte("typed ahead\n")); err != nil {
				done <- err
				return
			}
		}
	}()
	c.Keyboard(1).Stop()
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
