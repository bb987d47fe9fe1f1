package systemd

import (
	"math"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// The service manager's watchdog, sd_watchdog_enabled(3): how often it wants a
// sign of life, in microseconds, and of which process.
const (
	watchdogEnv    = "WATCHDOG_USEC"
	watchdogPIDEnv = "WATCHDOG_PID"
)

// leastBeat keeps a manager that wants far too many signs from getting nothing else
// done here.
const leastBeat = time.Millisecond

// watchdogPause is the time between two signs of life: half of what the manager
// waits for, as sd_watchdog_enabled(3) advises. 0: it waits for none of process
// self.
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

// watchdog is what the supervisor's loop does to show the manager that it turns. A
// hotswap that has been upgraded leaves that to the process that took over.
//
// The process that takes over inherits the environment: the number in it is this
// process's and is removed, so that the watchdog counts as that process's too.
func Watchdog(m *Notifier, successor func() int) supervisor.Beat {
	every := watchdogPause(os.Getenv(watchdogEnv), os.Getenv(watchdogPIDEnv), os.Getpid())
	_ = os.Unsetenv(watchdogPIDEnv)
	if every == 0 || m.socket == "" {
		_ = os.Unsetenv(watchdogEnv)
		return supervisor.Beat{}
	}
	return supervisor.Beat{Every: every, Do: func() {
		if successor() == 0 {
			m.alive()
		}
	}}
}

const SignOfLife = "WATCHDOG=1"
