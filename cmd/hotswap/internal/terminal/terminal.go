package terminal

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Terminal is the terminal at hotswap's standard input, if there is one.
type Terminal struct {
	fd         int
	Is         bool     // fd is a terminal
	controlled bool     // hotswap was started with a controlling terminal, on any descriptor
	PassesKeys bool     // to the program (--stdin)
	idle       *os.File // the program reads this pipe instead of the keyboard
	idleEnd    *os.File // the other end of idle, to which nothing is written
	wake       func()   // wakes the reader of keys; nil without a reader

	mu        sync.Mutex // guards what follows
	found     *tty.Modes // the modes before hotswap changed them; nil: hotswap was never in the foreground
	wantsKeys bool       // hotswap wants the keys while it is in the foreground
	away      bool       // hotswap is stopped or about to stop, and the shell has the terminal
	over      bool       // hotswap has given the terminal back for good
}

// Open remembers the modes of the terminal in, if it is one. With passKeys the keys go to
// the program, and hotswap has none.
func Open(in *os.File, passKeys bool) (*Terminal, error) {
	t := &Terminal{fd: int(in.Fd()), controlled: HasControlling(), PassesKeys: passKeys}
	if !term.IsTerminal(t.fd) {
		return t, nil
	}
	t.Is = true
	var err error
	if tty.Foreground(t.fd) {
		t.find()
	}
	t.idle, t.idleEnd, err = os.Pipe()
	return t, err
}

// Inherit takes over the modes that the parent of this hotswap found; the modes that this
// hotswap has found are those that its parent has set.
func (t *Terminal) Inherit(left func(modes any) []int) error {
	var found *tty.Modes
	left(&found)
	if t.Is && found != nil { // nil: the parent was never in the foreground
		t.found = found
	}
	return nil
}

func (t *Terminal) KeysAreCommands() bool { return !t.PassesKeys && t.reads() }

// stdin returns the descriptor of the program's standard input. Instead of a terminal that
// is a pipe that stays empty and never ends: two generations cannot share a keyboard, and
// the kernel stops a background process that reads the terminal (SIGTTIN).
func (t *Terminal) stdin() int {
	if t.idle != nil {
		return int(t.idle.Fd())
	}
	return t.fd
}

// HasControlling reports whether this process has a controlling terminal, on any descriptor.
func HasControlling() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0) // tty(4)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// find remembers the present modes; of those that another hotswap has set, what that one gives back.
func (t *Terminal) find() {
	if m, err := tty.Get(t.fd); err == nil {
		if m == m.Cbreak() && m.Lflag&unix.ISIG != 0 {
			m.Lflag |= unix.ICANON | unix.ECHO
		}
		t.found = &m
	}
}

// TakeKeys sets the terminal for reading keys, now or as soon as hotswap is in the
// foreground.
func (t *Terminal) TakeKeys() { t.become(func() { t.wantsKeys = t.Is && !t.over }) }

// become changes what hotswap wants of the terminal, and sets the modes accordingly.
func (t *Terminal) become(change func()) {
	t.mu.Lock()
	change()
	t.mu.Unlock()
	t.Mend()
}

// Mend sets the modes again if hotswap is in the foreground: a program may have changed
// them, or the shell has put hotswap into the foreground without a signal (fg of a job
// that runs).
func (t *Terminal) Mend() {
	if !t.Is {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !tty.Foreground(t.fd) {
		return
	}
	if t.found == nil {
		t.find()
	}
	if now, err := tty.Get(t.fd); err == nil && t.found != nil && now != t.wantLocked() {
		_ = t.wantLocked().Set(t.fd)
	}
	if t.wake != nil {
		t.wake()
	}
}

// wantLocked returns the modes that the terminal should have while hotswap is in the
// foreground.
func (t *Terminal) wantLocked() tty.Modes {
	if t.wantsKeys && !t.away {
		if t.PassesKeys {
			return t.found.Raw()
		}
		return t.found.Cbreak()
	}
	return *t.found
}

// Restore gives the terminal back for good, as it was found.
func (t *Terminal) Restore() { t.become(func() { t.wantsKeys, t.over = false, true }) }

// Notice mends the modes at the moments at which a program may have changed them. It runs in the supervisor's loop.
func (t *Terminal) Notice(n report.Notice) {
	switch n.(type) {
	case report.NoticeServing, report.NoticeRunning, report.NoticeDrained:
		t.Mend()
	}
}

// Leave gives the terminal back until ComeBack, because hotswap is about to be stopped.
// Mend and TakeKeys do not set it in between.
func (t *Terminal) Leave() { t.become(func() { t.away = true }) }

// ComeBack takes the terminal again after Leave. The modes that it finds are those that
// the user wants, because the shell had the terminal in between.
func (t *Terminal) ComeBack() {
	t.become(func() {
		t.away = false
		if t.Is && tty.Foreground(t.fd) {
			t.find()
		}
	})
}

func (t *Terminal) reads() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wantsKeys && !t.away && tty.Foreground(t.fd)
}

// Found returns the modes before hotswap changed them, or nil if hotswap has not.
func (t *Terminal) Found() *tty.Modes {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.found
}

// LeadsSession reports whether this process leads the session of the terminal: the kernel hangs the terminal up when
// that process ends (setsid(2)).
func (t *Terminal) LeadsSession() bool {
	session, _ := unix.Getsid(0) // of this process it does not fail
	return t.Is && session == os.Getpid()
}

// HungUp reports whether the terminal has gone because its window was closed.
func (t *Terminal) HungUp() bool { return t.controlled && !HasControlling() }
