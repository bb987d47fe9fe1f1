package console

import (
	"os"
	"regexp"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Config configures a Console.
type Config struct {
	In, Out, Err int            // our own descriptors
	Input        int            // the program's standard input, unless it gets the keyboard
	Ready        *regexp.Regexp // to find in a line of output or error; or nil
	Keyboard     bool           // the program's standard input is a pty, if ours is a terminal
	// Modes returns the original modes of our terminal while hotswap has changed them,
	// for a program's pty. If nil, or if it returns nil, the current modes are used.
	Modes func() *tty.Modes
	// Keep is called with whole lines of a generation's output, or with pieces of a long line; generation 0: of a
	// program that is none. It must neither block nor keep the text. Nil: nobody wants it.
	Keep func(gen int, text []byte)
	// Lost is called when the last output of an ended program is lost, because nobody reads ours. It must not block.
	Lost func()
	// Deaf: our reader may go, and the programs write on. Else their writes fail then, as without hotswap.
	Deaf bool
}

// Console shares our standard streams among generations. Its methods may be called from any goroutine.
type Console struct {
	cfg      Config
	out, err *sink // the same if they are one open file or terminal
	screen   int   // our descriptor of the terminal, or -1
	together bool  // standard input and error are one terminal

	relays sync.WaitGroup // goroutines
	live   sync.Map       // of *Streams
}

// New returns a Console for our current streams.
func New(cfg Config) *Console {
	in, out, err := newSink(cfg.In), newSink(cfg.Out), newSink(cfg.Err)
	out.deaf, err.deaf = cfg.Deaf, cfg.Deaf
	c := &Console{cfg: cfg, out: out, err: err, screen: -1}
	if out.file == err.file {
		c.out = err
	}
	c.cfg.Keyboard = cfg.Keyboard && in.terminal
	c.together = in.terminal && in.file == err.file
	for _, s := range []*sink{in, out, err} {
		if s.terminal {
			c.screen = s.fd
		}
	}
	return c
}

// Write writes one whole line of hotswap to standard error, on a new line.
func (c *Console) Write(b []byte) (int, error) {
	c.err.line(b)
	return len(b), nil
}

// Wait waits until our readers have read what the programs have written, or have gone. It is
// called at the end, when all streams are closed.
func (c *Console) Wait() { c.relays.Wait() }

// Resize gives the ptys of all generations the size of our terminal, after SIGWINCH. The
// caller sends the signal to the programs, which are not in the foreground.
func (c *Console) Resize() {
	for s := range c.live.Range {
		for _, r := range s.(*Streams).relays {
			if r.to.terminal {
				c.resize(r.from)
			}
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

// control calls do with f's descriptor unless f is closed.
func control(f *os.File, do func(fd int)) {
	raw, _ := f.SyscallConn() // fails without a file only
	_ = raw.Control(func(fd uintptr) { do(int(fd)) })
}
