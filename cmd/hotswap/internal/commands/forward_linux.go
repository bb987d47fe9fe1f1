package commands

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// forwarded returns the signals that hotswap has no use for.
func forwarded() []os.Signal {
	out := []os.Signal{unix.SIGUSR1, unix.SIGALRM, unix.SIGIO, unix.SIGPWR}
	for n := options.RealTimeMin; n <= options.RealTimeMax; n++ {
		out = append(out, syscall.Signal(n))
	}
	return out
}

// addressee returns the process of the tree that a signal is meant for. A process that
// listens goes first, then one that catches the signal. One that only blocks the signal goes
// last: it may be a shell that waits for a processor between two system calls, and that would
// die of the signal.
func addressee(tree []int, sig syscall.Signal) (proc.Identity, bool) {
	var catching, blocking []proc.Identity
	for _, pid := range tree {
		id, ok := proc.IdentifyBelow(pid)
		if !ok {
			continue
		}
		switch caught, blocked := handles(pid, sig); {
		case caught:
			catching = append(catching, id)
		case blocked:
			blocking = append(blocking, id)
		}
	}
	handling := append(catching, blocking...)
	if len(handling) == 0 {
		return proc.Identity{}, false
	}
	if len(handling) > 1 {
		listeners, _ := sockdiag.Listeners(0)
		for _, id := range handling {
			if fdtable.HasAny(id.PID, listeners) {
				return id, true
			}
		}
	}
	return handling[0], true
}

const (
	blockedLooks = 4
	blockedPause = 3 * time.Millisecond
)

// handles reports whether a process catches the signal, or keeps the signal blocked to read
// it otherwise (signalfd(2), sigwait(3)). A shell blocks every signal for moments, around fork
// and before it waits, so a signal counts as blocked only if it stays blocked.
func handles(pid int, sig syscall.Signal) (caught, blocked bool) {
	for look := range blockedLooks {
		if look > 0 {
			time.Sleep(blockedPause)
		}
		if caught, blocked = dispositions(pid, sig); caught || !blocked {
			return caught, false
		}
	}
	return false, true
}

// dispositions reads SigCgt and SigBlk of /proc/PID/status.
func dispositions(pid int, sig syscall.Signal) (caught, blocked bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return false, false
	}
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		mask, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 16, 64)
		if err != nil || mask>>(uint(sig)-1)&1 == 0 {
			continue
		}
		switch string(name) {
		case "SigCgt":
			caught = true
		case "SigBlk":
			blocked = true
		}
	}
	return caught, blocked
}
