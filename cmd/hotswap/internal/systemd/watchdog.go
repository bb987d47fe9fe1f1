package systemd

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// watchdog returns the interval of the manager's watchdog; 0: there is none for this process (sd_watchdog_enabled(3)).
// It changes the environment: no interval is left that is another process's, and the child of an upgrade takes the one
// that is left for its own.
func watchdog() time.Duration {
	const owner = "WATCHDOG_PID"
	if pid := os.Getenv(owner); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		os.Unsetenv(readiness.WatchdogInterval)
	}
	os.Unsetenv(owner)
	usec, _ := strconv.ParseUint(os.Getenv(readiness.WatchdogInterval), 10, 32+10) // 50 days are enough
	return time.Duration(usec) * time.Microsecond
}

// Watch tells the manager's watchdog twice in each interval that hotswap lives, until ctx ends: status returns only if
// the supervisor's loop turns. With byProgram the generation that serves does so itself, through [Notifier.Alive]. Then
// hotswap does it where none serves, and once for each that is new.
func (n *Notifier) Watch(ctx context.Context, status func() report.Status, byProgram bool) {
	if n.watchdog == 0 || wait.On(ctx, n.began) != nil {
		return
	}
	for last := handoff.GenID(0); ; {
		serving := status().Generation
		if !byProgram || serving == 0 || serving != last {
			n.Send("WATCHDOG=1")
		}
		last = serving
		if wait.For(ctx, max(n.watchdog/2, wait.Poll)) != nil {
			return
		}
	}
}

// Alive passes on a word of the program to the watchdog, once something of this hotswap serves: before that the manager
// would not listen to the child of an upgrade.
func (n *Notifier) Alive(word string) {
	select {
	case <-n.began:
		n.Send(word)
	default:
	}
}
