package commands

import (
	"bytes"
	"context"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// inputForwarder types at the program what is typed at hotswap's terminal (--stdin).
type inputForwarder struct {
	wish     *Commands
	consoles *terminal.Consoles
	chunks   chan []byte
}

// typeAhead is how many reads of the keyboard are kept while the program reads
// nothing. What is typed then is lost, as at a terminal (n_tty).
const typeAhead = 64

func newInputForwarder(w *Commands, c *terminal.Consoles) *inputForwarder {
	return &inputForwarder{wish: w, consoles: c, chunks: make(chan []byte, typeAhead)}
}

// take takes what was typed. It does not wait for the program: Ctrl-C must be
// heard above all when that hangs.
func (t *inputForwarder) Take(ctx context.Context, b []byte) {
	if t.signals() {
		var sigs []syscall.Signal
		b, sigs = signalsIn(b, t.wish.tty.AsFound())
		for _, sig := range sigs {
			t.wish.send(ctx, sig)
		}
	}
	select {
	case t.chunks <- bytes.Clone(b):
	default:
	}
}

// signals says whether Ctrl-C means a signal at the moment: unless the program
// wants the key itself. Where there is no program it does.
func (t *inputForwarder) signals() bool {
	k := t.consoles.Keyboard(typedTo(t.wish.supervisor.Status()))
	return k == nil || k.Signals()
}

// run types until ctx ends.
func (t *inputForwarder) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-t.chunks:
			if k := t.consoles.Keyboard(typedTo(t.wish.supervisor.Status())); k != nil && len(b) > 0 {
				stop := context.AfterFunc(ctx, k.Stop)
				_, _ = k.Write(b) // an error means that it is gone
				stop()
			}
		}
	}
}

// typedTo is the generation that reads the keyboard: the one that serves, or else
// the newest, which boots.
func typedTo(st supervisor.Status) supervisor.GenID {
	if st.Generation == 0 && len(st.Generations) > 0 {
		return st.Generations[len(st.Generations)-1].ID
	}
	return st.Generation
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
