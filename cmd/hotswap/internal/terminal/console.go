package terminal

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	stdio "github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

type Console struct {
	*stdio.Console
	stopped atomic.Bool // hotswap was told to stop
}

// NewConsole returns the Console of a program that runs at t. keep gets the output, and lost is called when output
// is lost (stdio.Config).
func NewConsole(o options.Options, t *Terminal, keep func(gen int, text []byte), lost func()) *Console {
	return &Console{Console: stdio.New(stdio.Config{
		In: t.fd, Out: 1, Err: 2, Input: t.stdin(), Keyboard: o.Stdin,
		Ready: o.Ready.Line, Modes: t.Found, Keep: keep, Lost: lost,
		Deaf: os.Getenv(options.DetachedEnv) != "",
	})}
}

func (c *Console) Open(gen supervisor.GenID, kept bool, found func(), hear func(line string)) (run.Streams, error) {
	return c.Console.Open(int(gen), kept, found, hear)
}

// Mark returns what stands in front of a line of a generation where lines of several are on one terminal. It ends by
// normal intensity instead of a reset, which would end the colours of a program.
func Mark(gen int) string {
	text := fmt.Sprintf("%d│ ", gen)
	if os.Getenv("NO_COLOR") != "" {
		return text
	}
	return "\x1b[2m" + text + "\x1b[22m"
}

// Stopped notes that hotswap was told to stop, so that its end does not wait for a reader.
func (c *Console) Stopped() { c.stopped.Store(true) }

// Wait waits until all that the programs have written is read, until the reader has gone, or for
// a signal to stop. It comes at the end, when nobody else takes these signals.
func (c *Console) Wait() {
	if c.stopped.Load() {
		return
	}
	stop, read := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(stop, proc.Heeded(syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)...)
	go func() { c.Console.Wait(); close(read) }()
	select {
	case <-read:
	case <-stop:
	}
}

// ForwardResizes passes changes of the terminal's size on to the programs until the context of forward ends. The
// terminal itself does not reach them, because they have process groups of their own. Changes count from the call on,
// which comes before a program is started: so none is lost after the program has asked for the size.
func (c *Console) ForwardResizes(s *supervisor.Supervisor) (forward func(context.Context)) {
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	return func(ctx context.Context) {
		defer signal.Stop(resized)
		for wait.On(ctx, resized) == nil {
			c.Resize()
			s.Resized()
		}
	}
}
