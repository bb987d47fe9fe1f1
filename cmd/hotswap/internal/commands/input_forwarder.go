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

// ReadKeys reads the terminal until ctx ends. later says that somebody else sets the terminal
// for reading keys, as a child does after the end of its parent.
func (w *Commands) ReadKeys(ctx context.Context, later bool) {
	var line terminal.Line
	read := func(b []byte) {
		for _, k := range line.Keys(string(b)) {
			w.key(ctx, k)
		}
	}
	if w.Terminal.PassesKeys {
		f := &inputForwarder{Commands: w, chunks: make(chan []byte, typeAhead)}
		read = func(b []byte) { f.queue(ctx, b) }
		var forwarding sync.WaitGroup
		forwarding.Go(func() { f.run(ctx) })
		defer forwarding.Wait()
	}
	k, err := terminal.NewKeyboard(w.Terminal, read)
	if err != nil {
		return // signals do the same as keys
	}
	defer k.Close()
	if !later {
		w.Terminal.TakeKeys()
	}
	k.Run(ctx)
}

// inputForwarder passes what is typed at hotswap's terminal to the program (--stdin).
type inputForwarder struct {
	*Commands
	chunks chan []byte
}

// typeAhead is how many reads of the keyboard are kept while the program reads nothing.
// What is typed then is lost, as at a terminal (n_tty).
const typeAhead = 64

// queue never waits for the program: Ctrl-C must work above all when the program hangs.
func (f *inputForwarder) queue(ctx context.Context, b []byte) {
	if k := f.keyboard(f.Supervisor.Status()); k == nil || k.Signals() { // the program does not want Ctrl-C itself
		var sigs []syscall.Signal
		b, sigs = signalsIn(b, f.Terminal.Found())
		for _, sig := range sigs {
			f.send(ctx, sig)
		}
	}
	select {
	case f.chunks <- bytes.Clone(b):
	default:
	}
}

func (f *inputForwarder) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-f.chunks:
			// What is typed after the line about a swap is for the new generation.
			if k := f.keyboard(f.Supervisor.Current()); k != nil && len(b) > 0 {
				stop := context.AfterFunc(ctx, k.Stop)
				_, _ = k.Write(b) // an error means that the program is gone
				stop()
			}
		}
	}
}

// keyboard returns that of the generation that reads the terminal, or nil: of the one that serves, or else the newest,
// which boots.
func (f *inputForwarder) keyboard(st report.Status) *console.Keyboard {
	gen := st.Generation
	if n := len(st.Generations); gen == 0 && n > 0 {
		gen = st.Generations[n-1].ID
	}
	return f.Console.Keyboard(int(gen))
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
