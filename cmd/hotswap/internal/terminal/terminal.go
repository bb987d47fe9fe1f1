package terminal

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// terminal is the one that hotswap was started at, if any. It is ours while
// our process group is its foreground group; at all other times it is the
// shell's, which has set it to its own liking, and to read from it or set it
// would stop us (SIGTTIN, SIGTTOU).
type Terminal struct {
	Fd   int
	Is   bool     // fd is a terminal
	had  bool     // there was a controlling terminal, on whatever descriptor
	idle *os.File // what the program reads instead of the keyboard
	keep *os.File // the idle pipe's other end
	Raw  bool     // the keys are the program's (--stdin)
	wake func()   // tells the reader of keys to look again; nil: there is none

	mu    sync.Mutex // guards what follows
	Found *tty.Modes // as they were; nil: it has never been ours
	holds bool       // hotswap wants the keys, whenever the terminal is ours
	away  bool       // hotswap is stopped or about to be: the terminal is the shell's
	over  bool       // it was given back for good
}

// Open remembers how the terminal is set, so that a program which
// leaves it in raw mode does no harm.
func Open(in *os.File) (*Terminal, error) {
	t := &Terminal{Fd: int(in.Fd()), had: controlled()}
	if !term.IsTerminal(t.Fd) {
		return t, nil
	}
	t.Is = true
	var err error
	if tty.Foreground(t.Fd) {
		t.find()
	}
	t.idle, t.keep, err = os.Pipe()
	return t, err
}

// inherit takes the modes over that an parent found: what we found are
// its own.
func (t *Terminal) Inherit(m *tty.Modes) {
	if t.Is && m != nil {
		t.Found = m
	}
}

// stdin is the descriptor of the program's standard input. At a terminal that
// is a pipe in which nothing ever comes and which never ends: two generations
// cannot share a keyboard, and a process in the background that reads from
// the terminal is stopped (SIGTTIN).
func (t *Terminal) stdin() int {
	if t.idle != nil {
		return int(t.idle.Fd())
	}
	return t.Fd
}

// controlled says whether this process has a controlling terminal, by opening
// it.
func controlled() bool {
	f, err := tty.Controlling()
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// find notes how the terminal is set.
func (t *Terminal) find() {
	if m, err := tty.Get(t.Fd); err == nil {
		t.Found = &m
	}
}

// take sets the terminal for reading keys, now or as soon as it is ours.
func (t *Terminal) Take() {
	t.mu.Lock()
	t.holds = t.Is && !t.over
	t.mu.Unlock()
	t.Mend()
}

// mend sets the terminal as it should be, if it is not and is ours at the
// moment: a program may have left it raw, or we were put into the foreground,
// of which not every shell tells (fg of a job that runs).
func (t *Terminal) Mend() {
	if !t.Is {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !tty.Foreground(t.Fd) {
		return
	}
	if t.Found == nil {
		t.find()
	}
	t.setLocked()
	if t.wake != nil {
		t.wake()
	}
}

func (t *Terminal) setLocked() {
	if t.Found == nil {
		return
	}
	want := t.WantLocked()
	if now, err := tty.Get(t.Fd); err == nil && now != want {
		_ = want.Set(t.Fd)
	}
}

// wantLocked is how the terminal should be set while it is ours.
func (t *Terminal) WantLocked() tty.Modes {
	if t.holds && !t.away {
		return t.ours(*t.Found)
	}
	return *t.Found
}

// restore gives the terminal back as it was found, for good.
func (t *Terminal) Restore() {
	t.mu.Lock()
	t.holds, t.over = false, true
	t.mu.Unlock()
	t.Mend()
}

// leave gives the terminal back until comeBack: hotswap is about to be stopped.
// What happens before it is, a generation that serves just now, alters nothing.
func (t *Terminal) Leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.away = true
	if t.Is && tty.Foreground(t.Fd) {
		t.setLocked()
	}
}

// comeBack goes on where leave stopped. What is found now is what the user
// wants: there was a shell in between.
func (t *Terminal) ComeBack() {
	t.mu.Lock()
	t.away = false
	if t.Is && tty.Foreground(t.Fd) {
		t.find()
	}
	t.mu.Unlock()
	t.Mend()
}

// reads says that the keys are ours at the moment.
func (t *Terminal) reads() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.holds && !t.away && tty.Foreground(t.Fd)
}

// asFound are the modes as they were found, for a child.
func (t *Terminal) AsFound() *tty.Modes {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Found
}

// borrowed is what a keeper has to give back if we die.
func (t *Terminal) Borrowed() *tty.Borrowed {
	found := t.AsFound()
	if found == nil {
		return nil
	}
	return &tty.Borrowed{Was: *found, Set: t.ours(*found)}
}

// ours is how the terminal is set while we read it.
func (t *Terminal) ours(found tty.Modes) tty.Modes {
	if t.Raw {
		return found.Raw()
	}
	return found.Cbreak()
}

// leads says that this process leads the terminal's session: when it ends, the
// kernel hangs the terminal up (setsid(2)).
func (t *Terminal) Leads() bool {
	session, err := unix.Getsid(0)
	return t.Is && err == nil && session == os.Getpid()
}

// commands reports whether keys are commands at the moment, and not the program's.
func (t *Terminal) Commands() bool { return !t.Raw && t.reads() }

// lost says that the terminal was hung up: its window was closed.
func (t *Terminal) Lost() bool { return t.had && !controlled() }
