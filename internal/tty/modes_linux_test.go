//go:build linux

package tty

import (
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T) (fd int, was Modes) {
	t.Helper()
	p, s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); s.Close() })
	fd = int(s.Fd())
	if was, err = Get(fd); err != nil {
		t.Fatal(err)
	}
	return fd, was
}

func TestModesAreSetAndRead(t *testing.T) {
	fd, was := open(t)
	for _, want := range []Modes{was.Cbreak(), was.Raw(), was} {
		if err := want.Set(fd); err != nil {
			t.Fatal(err)
		}
		if got, err := Get(fd); err != nil || got != want {
			t.Errorf("%+v became %+v (%v)", want, got, err)
		}
	}
}

func TestWhatTheModesAreFor(t *testing.T) {
	_, was := open(t)
	signals := func(m Modes) bool { return m.Lflag&unix.ISIG != 0 }
	echoes := func(m Modes) bool { return m.Lflag&unix.ECHO != 0 }
	lines := func(m Modes) bool { return m.Lflag&unix.ICANON != 0 }
	if !signals(was) || !echoes(was) || !lines(was) {
		t.Fatal("a fresh terminal is odd")
	}
	for name, m := range map[string]Modes{"cbreak": was.Cbreak(), "raw": was.Raw()} {
		if echoes(m) || lines(m) || m.Oflag != was.Oflag {
			t.Errorf("%s: %+v", name, m)
		}
		if signals(m) != (name == "cbreak") {
			t.Errorf("%s: Ctrl-C is a signal: %v", name, signals(m))
		}
	}
	if was.Raw().Iflag&unix.ICRNL != 0 {
		t.Error("raw: Enter is not what was pressed")
	}
}

func TestNoTerminal(t *testing.T) {
	fds := make([]int, 2)
	if err := unix.Pipe(fds); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[1])
	defer unix.Close(fds[0])
	if _, err := Get(fds[0]); err == nil {
		t.Error("a pipe has modes")
	}
	if Foreground(fds[0]) {
		t.Error("a pipe is our terminal")
	}
	// A terminal that is not the controlling one is not ours either.
	if fd, _ := open(t); Foreground(fd) {
		t.Error("somebody's terminal is ours")
	}
}
