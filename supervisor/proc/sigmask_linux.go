package proc

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// groupSignals are sent to whole process groups by terminals and job control. Keepers
// discard them.
var groupSignals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE}

// stops are signals that stop a process by default.
var stops = []syscall.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU}

// blockStops blocks stops in this thread until release. Between fork and setpgid a
// keeper is in our process group without handlers: Ctrl-Z would stop it, and then us,
// because a forking thread waits until the child has called execve (clone(2),
// CLONE_VFORK). The mask survives execve(2), so that the keeper can discard the signal
// and then unblock what was newly blocked.
//
// This does not work for Ctrl-C: Go's runtime unblocks SIGINT before it has a handler.
// That keeper ends; see [Start].
func blockStops() (blocked []syscall.Signal, release func()) {
	runtime.LockOSThread()
	var was unix.Sigset_t
	set := sigset(stops)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &set, &was) != nil {
		return nil, runtime.UnlockOSThread
	}
	for _, sig := range stops {
		if was.Val[0]&(1<<(sig-1)) == 0 {
			blocked = append(blocked, sig)
		}
	}
	return blocked, func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &was, nil)
		runtime.UnlockOSThread()
	}
}

// discardGroupSignals handles groupSignals by doing nothing. Pending stops are dropped
// by ignoring them first (sigaction(2), notes), because os/signal unblocks a signal
// before it has a handler.
func discardGroupSignals() {
	for _, sig := range stops {
		signal.Ignore(sig)
	}
	ignored := make(chan os.Signal, 1)
	for _, sig := range groupSignals {
		signal.Notify(ignored, sig)
	}
}

// unblock unblocks signals in this thread.
func unblock(blocked []syscall.Signal) {
	set := sigset(blocked)
	_ = unix.PthreadSigmask(unix.SIG_UNBLOCK, &set, nil)
}

// sigset returns a set of signals below 32, which are in its first word.
func sigset(sigs []syscall.Signal) (set unix.Sigset_t) {
	for _, sig := range sigs {
		set.Val[0] |= 1 << (sig - 1)
	}
	return set
}
