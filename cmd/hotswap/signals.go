package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// again is how long after the first a second stop signal counts: a terminal and
// a runner above both send one, and that is not impatience.
const again = 300 * time.Millisecond

// lastResort is how long a stop at once may take to be heard. The keepers end
// their trees when this process has gone.
const lastResort = 2 * time.Second

// surviveBrokenPipes keeps a write to a closed pipe from ending the process:
// Ctrl-C at `hotswap … 2>&1 | tee log` ends tee first, and the drain is still
// to come. Caught, not ignored, for ignoring is inherited.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// forwardSignals makes signals commands until ctx ends: SIGHUP swaps, SIGINT
// and SIGTERM drain and stop, a second one stops now, as SIGQUIT does. SIGUSR2
// is the renewal's. Under nohup SIGHUP stays ignored.
func forwardSignals(ctx context.Context, s *supervisor.Supervisor, renew *renewal, tty *terminal) {
	c := make(chan os.Signal, 8)
	wanted := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		wanted = append(wanted, syscall.SIGHUP)
	}
	signal.Notify(c, wanted...)
	defer signal.Stop(c)
	var stopping time.Time
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
			case sig == syscall.SIGQUIT, !stopping.IsZero() && time.Since(stopping) >= again:
				code := exitSignal + int(sig.(syscall.Signal))
				go s.StopNow(ctx, code)
				time.AfterFunc(lastResort, func() {
					if ctx.Err() == nil {
						os.Exit(code)
					}
				})
			case stopping.IsZero():
				// SIGHUP from a terminal that is gone means: leave.
				stopping = time.Now()
				renew.forgo(sig)
				go s.Stop(ctx)
			}
		}
	}
}
