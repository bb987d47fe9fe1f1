package commands

import (
	"bytes"
	"context"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// ReadKeys reads the terminal until ctx ends ([terminal.Terminal.ReadKeys]).
func (w *Commands) ReadKeys(ctx context.Context, later bool) {
	var line terminal.Line
	read := func(b []byte) {
		for _, k := range line.Keys(string(b)) {
			w.key(ctx, k)
		}
	}
	if w.Terminal.PassesKeys {
		chunks := make(chan []byte, typeAhead)
		read = func(b []byte) { w.queue(ctx, b, chunks) }
		var forwarding sync.WaitGroup
		forwarding.Go(func() { w.forward(ctx, chunks) })
		defer forwarding.Wait()
	}
	w.Terminal.ReadKeys(ctx, later, read)
}

// typeAhead is how many reads of the keyboard are kept while the program reads nothing.
// What is typed then is lost, as at a terminal (n_tty).
const typeAhead = 64

// queue takes what is typed for the program (--stdin). It never waits for the program: Ctrl-C must work above all when
// the program hangs.
func (w *Commands) queue(ctx context.Context, b []byte, to chan<- []byte) {
	if k := w.keyboard(w.Supervisor.Status()); k == nil || k.Signals() { // the program does not want Ctrl-C itself
		var sigs []syscall.Signal
		b, sigs = signalsIn(b, w.Terminal.Found())
		for _, sig := range sigs {
			w.send(ctx, sig)
		}
	}
	select {
	case to <- bytes.Clone(b):
	default:
	}
}

func (w *Commands) forward(ctx context.Context, chunks <-chan []byte) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-chunks:
			// What is typed after the line about a swap is for the new generation.
			if k := w.keyboard(w.Supervisor.Current()); k != nil && len(b) > 0 {
				stop := context.AfterFunc(ctx, k.Stop)
				_, _ = k.Write(b) // an error means that the program is gone
				stop()
			}
		}
	}
}

// keyboard returns that of the generation that reads the terminal, or nil: of the one that serves, or else the newest,
// which boots.
func (w *Commands) keyboard(st report.Status) *console.Keyboard {
	gen := st.Generation
	if n := len(st.Generations); gen == 0 && n > 0 {
		gen = st.Generations[n-1].ID
	}
	return w.Console.Keyboard(int(gen))
}

// signalsIn parts the keys that are signals at a terminal from the rest.
func signalsIn(b []byte, m *tty.Modes) (rest []byte, sigs []syscall.Signal) {
	if m == nil {
		return b, nil
	}
	of := map[byte]syscall.Signal{
		m.Cc[unix.VINTR]: syscall.SIGINT, m.Cc[unix.VQUIT]: syscall.SIGQUIT, m.Cc[unix.VSUSP]: syscall.SIGTSTP,
	}
	delete(of, 0) // _POSIX_VDISABLE: there is no such key
	for _, c := range b {
		if sig, ok := of[c]; ok {
			sigs = append(sigs, sig)
		} else {
			rest = append(rest, c)
		}
	}
	return rest, sigs
}
