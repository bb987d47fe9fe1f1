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

// forwarded are the signals that hotswap has no use for and people send.
func forwarded() []os.Signal {
	out := []os.Signal{unix.SIGUSR1, unix.SIGALRM, unix.SIGIO, unix.SIGPWR}
	for n := options.RealTimeMin; n <= options.RealTimeMax; n++ {
		out = append(out, syscall.Signal(n))
	}
	return out
}

// addressee is the process of the tree that is meant by a signal. Who listens goes
// first, then who catches it: a shell that waits long for a processor has it blocked
// as long, and would die of it.
func addressee(tree []int, sig syscall.Signal) (proc.Identity, bool) {
	var catching, blocking []proc.Identity
	for _, pid := range tree {
		id, ok := proc.IdentifyBelow(pid)
		if !ok {
			continue
		}
		switch caught, kept := handles(pid, sig); {
		case caught:
			catching = append(catching, id)
		case kept:
			blocking = append(blocking, id)
		}
	}
	handling := append(catching, blocking...)
	if len(handling) == 0 {
		return proc.Identity{}, false
	}
	if len(handling) > 1 {
		sockets := listening()
		for _, id := range handling {
			if fdtable.HasAny(id.PID, sockets) {
				return id, true
			}
		}
	}
	return handling[0], true
}

// handles says whether a process catches the signal, or keeps it blocked to take
// it otherwise (signalfd(2), sigwait(3)). A shell blocks every signal for moments
// (around fork, and before it waits): that is no handling.
func handles(pid int, sig syscall.Signal) (caught, kept bool) {
	for look := range blockedLooks {
		caught, blocked := dispositions(pid, sig)
		switch {
		case caught:
			return true, false
		case !blocked:
			return false, false
		case look < blockedLooks-1:
			time.Sleep(blockedPause)
		}
	}
	return false, true
}

const (
	blockedLooks = 4
	blockedPause = 3 * time.Millisecond
)

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

// listening returns the inodes of the sockets that listen.
func listening() map[uint64]bool {
	out := map[uint64]bool{}
	listeners, _ := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}})
	for _, l := range listeners {
		out[l.Inode] = true
	}
	return out
}
