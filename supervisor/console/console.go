package console

import (
	"os"
	"regexp"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Config says which streams are ours and what is done with them.
type Config struct {
	In, Out, Err int // our own
	// Input is what the program gets as standard input, unless it gets the
	// keyboard.
	Input int
	// Direct passes our own output and error on in all cases.
	Direct bool
	// Ready is looked for in each line of output and error. Nil: nothing is.
	Ready *regexp.Regexp
	// Keyboard gives the program a pty as standard input, if ours is a terminal.
	Keyboard bool
	// Modes are those that our terminal has when it is not ours for a while: a
	// program's terminal begins with them. Nil, or its answer is: those that it
	// has at the moment.
	Modes func() *tty.Modes
	// Journal is the value of JOURNAL_STREAM.
	Journal string
}

// Console is our own standard streams as the generations share them. Its methods
// may be called from any goroutine.
type Console struct {
	cfg      Config
	plan     plan
	kept     plan // of a program whose output is kept back
	keptErr  error
	out, err *sink // one and the same if joint
	screen   int   // a descriptor of the terminal, or -1
	together bool  // standard input and error are one terminal

	mu   sync.Mutex // guards live
	live map[*Streams]bool
}

// New looks at our streams.
func New(cfg Config) *Console {
	in, out, err := look(cfg.In), look(cfg.Out), look(cfg.Err)
	c := &Console{cfg: cfg, plan: decide(out, err, cfg.Journal, cfg), live: map[*Streams]bool{}}
	c.kept, c.keptErr = keep(out, err, cfg.Journal, cfg)
	c.err = newSink(cfg.Err)
	c.out = c.err
	if !c.plan.joint {
		c.out = newSink(cfg.Out)
	}
	c.cfg.Keyboard = cfg.Keyboard && in.terminal
	c.together = in.terminal && in.file == err.file
	switch c.screen = -1; {
	case err.terminal:
		c.screen = cfg.Err
	case out.terminal:
		c.screen = cfg.Out
	case in.terminal:
		c.screen = cfg.In
	}
	return c
}

// Write writes a line of our own to standard error, not inside one of a
// program's. It takes a whole line.
func (c *Console) Write(b []byte) (int, error) {
	c.err.line(b)
	return len(b), nil
}

// Resize gives the terminals of all generations the size of ours, after
// SIGWINCH. The programs have to be sent the signal: they are not in the
// terminal's foreground.
func (c *Console) Resize() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.live {
		for _, p := range s.ptys {
			c.resize(p)
		}
	}
}

func (c *Console) resize(master *os.File) {
	size, err := unix.IoctlGetWinsize(c.screen, unix.TIOCGWINSZ)
	if err != nil {
		return
	}
	control(master, func(fd int) { _ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) })
}

// control calls do with f's descriptor, if f is still open.
func control(f *os.File, do func(fd int)) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}
