package terminal

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor"
	stdio "github.com/hotswap-dev/hotswap/supervisor/console"
)

// consoles gives the supervisor's generations their standard streams, and knows
// the keyboards of those that have one.
type Consoles struct {
	*stdio.Console

	mu        sync.Mutex // guards keyboards
	keyboards map[supervisor.GenID]*stdio.Keyboard
}

func NewConsoles(o options.Options, tty *Terminal) *Consoles {
	return &Consoles{
		Console: stdio.New(stdio.Config{
			In: tty.Fd, Out: 1, Err: 2, Input: tty.stdin(), Direct: o.Direct, Keyboard: o.Stdin,
			Ready: o.Ready.Line, Modes: tty.AsFound, Journal: os.Getenv("JOURNAL_STREAM"),
		}),
		keyboards: map[supervisor.GenID]*stdio.Keyboard{},
	}
}

// Open is the supervisor's.
func (c *Consoles) Open(gen supervisor.GenID, kept bool, ready func(by string)) (supervisor.Streams, error) {
	open := c.Console.Open
	if kept {
		open = c.Console.OpenKept
	}
	s, err := open(func() { ready("log") })
	if err != nil {
		return nil, err
	}
	if s.Keyboard() == nil {
		return s, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keyboards[gen] = s.Keyboard()
	return typedAt{s, c, gen}, nil
}

// keyboard is what to write to so that the generation reads it, or nil.
func (c *Consoles) Keyboard(gen supervisor.GenID) *stdio.Keyboard {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keyboards[gen]
}

type typedAt struct {
	*stdio.Streams
	c   *Consoles
	gen supervisor.GenID
}

// Close forgets the keyboard too.
func (t typedAt) Close() bool {
	t.c.mu.Lock()
	delete(t.c.keyboards, t.gen)
	t.c.mu.Unlock()
	return t.Streams.Close()
}

// hearResizes begins to hear of the terminal's new sizes, before a program can have asked
// for one.
func HearResizes() chan os.Signal {
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	return resized
}

// forwardResizes tells the programs of the terminal's new size until ctx ends.
// They are in process groups of their own, so the terminal does not.
func ForwardResizes(ctx context.Context, resized chan os.Signal, s *supervisor.Supervisor, c *Consoles) {
	defer signal.Stop(resized)
	for {
		select {
		case <-ctx.Done():
			return
		case <-resized:
			c.Resize()
			s.Signal(syscall.SIGWINCH, supervisor.AudienceAll)
		}
	}
}
