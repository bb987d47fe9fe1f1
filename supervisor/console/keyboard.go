package console

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Keyboard is the other side of a program's standard input, where that is a pty
// of ours. It belongs to its Streams; its methods may be called from any
// goroutine, at any time: after the streams are closed they do nothing.
//
// The program's terminal begins with the modes that ours had: it edits lines and
// echoes what is typed, and a program that wants single keys switches that off
// there. So whoever reads our terminal to write here must take its own echo and
// line editing away first, and should leave OPOST on: what is relayed relies on
// it. The pty is nobody's controlling terminal, so keys that make signals make
// none: they are swallowed while [Keyboard.Signals] is true, and whoever reads
// them has to act.
type Keyboard struct{ master *os.File }

// takeKeyboard makes standard input a terminal: that of standard error if ours
// are one too, else one of its own, whose echo goes to our terminal.
func (s *Streams) takeKeyboard(errTerminal *os.File) error {
	if errTerminal != nil && s.c.together {
		s.stdio[0] = s.stdio[2]
		s.keyboard = &Keyboard{errTerminal}
		return nil
	}
	ours, theirs, err := s.make(ptyed)
	if err != nil {
		return fmt.Errorf("a terminal for the program's input: %w", err)
	}
	s.stdio[0] = int(theirs.Fd())
	to := s.c.err
	if !s.c.together {
		to = newSink(s.c.cfg.In)
	}
	s.relay(ours, to, nil, nil)
	s.keyboard = &Keyboard{ours}
	return nil
}

// Keyboard is what to write to so that the program reads it; nil without
// Config.Keyboard.
func (s *Streams) Keyboard() *Keyboard { return s.keyboard }

// Write types b. It blocks while the program does not read and its terminal
// holds no more (4096 bytes, n_tty), until the streams are closed or it is told
// to stop: a relay that waits for a paused terminal does not close.
func (k *Keyboard) Write(b []byte) (int, error) { return k.master.Write(b) }

// Stop ends a Write, and all to come.
func (k *Keyboard) Stop() { _ = k.master.SetWriteDeadline(time.Unix(1, 0)) }

// Signals says whether the program leaves Ctrl-C, Ctrl-\ and Ctrl-Z to its
// terminal (ISIG), as it does unless it has set raw mode.
func (k *Keyboard) Signals() bool {
	on := true
	// The modes of a pty are its slave's, on whichever side one asks.
	control(k.master, func(fd int) {
		if t, err := tty.Get(fd); err == nil {
			on = t.Lflag&unix.ISIG != 0
		}
	})
	return on
}
