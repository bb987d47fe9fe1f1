package systemd

import (
	"math"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// The service manager's watchdog, sd_watchdog_enabled(3): how often it wants a sign of life,
// in microseconds, and of which process.
const (
	watchdogEnv    = "WATCHDOG_USEC"
	watchdogPIDEnv = "WATCHDOG_PID"
)

// SignOfLife is the message that feeds the watchdog.
const SignOfLife = "WATCHDOG=1"

// leastBeat limits what a manager that wants far too many signs of life costs.
const leastBeat = time.Millisecond

// watchdogPause returns half of the watchdog's time, as sd_watchdog_enabled(3) advises, or 0
// if there is no watchdog for process self.
func watchdogPause(usec, pid string, self int) time.Duration {
	if pid != "" && pid != strconv.Itoa(self) {
		return 0
	}
	n, err := strconv.ParseUint(usec, 10, 64)
	if err != nil || n == 0 {
		return 0
	}
	n = min(n, math.MaxInt64/uint64(time.Microsecond))
	return max(time.Duration(n)*time.Microsecond/2, leastBeat)
}

// Watchdog returns what the supervisor's loop does to feed the watchdog, until a child takes
// over. It removes the process ID from the environment, so that a child, which inherits the
// environment, feeds the same watchdog.
func Watchdog(n *Notifier, childPID func() int) supervisor.Beat {
	every := watchdogPause(os.Getenv(watchdogEnv), os.Getenv(watchdogPIDEnv), os.Getpid())
	_ = os.Unsetenv(watchdogPIDEnv)
	if every == 0 || n.socket == "" {
		_ = os.Unsetenv(watchdogEnv)
		return supervisor.Beat{}
	}
	return supervisor.Beat{Every: every, Do: func() {
		if childPID() == 0 {
			n.alive()
		}
	}}
}
