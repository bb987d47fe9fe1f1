package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// forwardSignals makes signals commands until ctx ends: SIGHUP swaps, SIGINT
// and SIGTERM drain and stop, a second one stops now. SIGUSR2 is the renewal's.
func forwardSignals(ctx context.Context, s *supervisor.Supervisor, renew *renewal, tty *terminal) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(c)
	stopping := false
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-c:
			switch {
			case sig == syscall.SIGHUP && !tty.lost():
				if !renew.hold(sig) {
					go s.Swap(ctx) // its fate is told by notices
				}
			case stopping:
				go s.StopNow(ctx, exitSignal+int(sig.(syscall.Signal)))
			default:
				// SIGHUP from a terminal that is gone means: leave.
				stopping = true
				renew.forgo(sig)
				go s.Stop(ctx)
			}
		}
	}
}
