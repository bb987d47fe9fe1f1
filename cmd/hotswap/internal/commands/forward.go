package commands

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// signalReporter hears what became of a signal for the program.
type signalReporter interface {
	Signalled(sig syscall.Signal, pid int)
	Unsignalled(sig syscall.Signal)
}

// forwardSignals passes the signals that mean nothing to hotswap on to the
// program, until ctx ends: docker kill -s USR1 reaches hotswap, and node or
// nginx is meant.
//
// One process gets it, the one that would if there were no wrapper: the topmost
// that handles the signal and listens, or else that handles it. npm and sh die
// of SIGUSR1, and two node processes cannot both open an inspector's port.
func ForwardSignals(ctx context.Context, s *supervisor.Supervisor, say signalReporter) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, forwarded()...)
	defer signal.Stop(c)
	for {
		select {
		case <-ctx.Done():
			return
		case got := <-c:
			sig := got.(syscall.Signal)
			to, ok := addressee(s.Tree(ctx), sig)
			if !ok {
				say.Unsignalled(sig)
				continue
			}
			_ = to.Signal(sig) // an error means that it is gone
			say.Signalled(sig, to.PID)
		}
	}
}
