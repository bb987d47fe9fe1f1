package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor"
	stdio "github.com/hotswap-dev/hotswap/supervisor/console"
)

// Values of --output.
const (
	outputRelay  = "relay"
	outputDirect = "direct"
)

// consoles gives the supervisor's generations their standard streams, and knows
// the keyboards of those that have one.
type consoles struct {
	*stdio.Console

	mu        sync.Mutex // guards keyboards
	keyboards map[supervisor.GenID]*stdio.Keyboard
}

func newConsole(o options, tty *terminal) *consoles {
	return &consoles{
		Console: stdio.New(stdio.Config{
			In: tty.fd, Out: 1, Err: 2, Input: tty.stdin(), Direct: o.output == outputDirect, Keyboard: o.stdin,
			Ready: o.ready.line, Modes: tty.asFound, Journal: os.Getenv("JOURNAL_STREAM"),
		}),
		keyboards: map[supervisor.GenID]*stdio.Keyboard{},
	}
}

// Open is the supervisor's.
func (c *consoles) Open(gen supervisor.GenID, kept bool, ready func(by string)) (supervisor.Streams, error) {
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
func (c *consoles) keyboard(gen supervisor.GenID) *stdio.Keyboard {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keyboards[gen]
}

type typedAt struct {
	*stdio.Streams
	c   *consoles
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
func hearResizes() chan os.Signal {
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	return resized
}

// forwardResizes tells the programs of the terminal's new size until ctx ends.
// They are in process groups of their own, so the terminal does not.
func forwardResizes(ctx context.Context, resized chan os.Signal, s *supervisor.Supervisor, c *consoles) {
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
