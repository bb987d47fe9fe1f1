package console

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Keyboard writes to a program's standard input, a pty. It belongs to its Streams. Its
// methods may be called from any goroutine, and do nothing after the streams are closed.
//
// The pty begins with the modes of our terminal: it edits lines and echoes, until the program changes that. So the
// caller must turn echo and line editing of our own terminal off, and leave OPOST on, which relayed output needs. The
// pty is no controlling terminal and makes no signals: the caller must act on Ctrl-C and the like while
// [Keyboard.Signals] is true.
type Keyboard struct{ master *os.File }

// Keyboard returns the keyboard of a generation whose streams are open, or nil. There is none for 0.
func (c *Console) Keyboard(gen int) *Keyboard {
	for s := range c.live.Range {
		if s := s.(*Streams); gen != 0 && s.gen == gen { // nobody types for a step or for a program beside
			return s.keyboard
		}
	}
	return nil
}

// Write types b. It blocks while the program does not read and its terminal is full (4096
// bytes, n_tty), until the streams are closed or Stop is called.
func (k *Keyboard) Write(b []byte) (int, error) { return k.master.Write(b) }

// Stop ends the current Write and all later ones.
func (k *Keyboard) Stop() { _ = k.master.SetWriteDeadline(time.Unix(1, 0)) }

// Signals reports whether the program's terminal should make signals of Ctrl-C, Ctrl-\
// and Ctrl-Z (ISIG). In raw mode it should not.
func (k *Keyboard) Signals() bool {
	on := true
	// Both sides of a pty report the slave's modes.
	control(k.master, func(fd int) {
		if t, err := tty.Get(fd); err == nil {
			on = t.Lflag&unix.ISIG != 0
		}
	})
	return on
}
