package proc

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// groupSignals may come to a whole process group: from its terminal, or from who
// ends or stops a job. They are no keeper's business.
var groupSignals = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGPIPE}

// stops are those that stop who does not catch them.
var stops = []syscall.Signal{syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU}

// holdStops blocks stops in this thread until release. Between fork and setpgid a
// keeper is in our process group and catches nothing yet: Ctrl-Z would stop it,
// and us for ever, for the thread that forked waits until the child has executed
// something (clone(2), CLONE_VFORK). The mask is kept across execve(2), so a stop
// waits until the keeper can discard it. What was not blocked before is held, and
// for the keeper to let go.
//
// With Ctrl-C this would not do: Go's runtime unblocks those signals as it begins,
// before it catches anything. It ends the keeper; see [Start].
func holdStops() (held []syscall.Signal, release func()) {
	runtime.LockOSThread()
	var was unix.Sigset_t
	set := sigset(stops)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &set, &was) != nil {
		return nil, runtime.UnlockOSThread
	}
	for _, sig := range stops {
		if was.Val[0]&(1<<(sig-1)) == 0 {
			held = append(held, sig)
		}
	}
	return held, func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &was, nil)
		runtime.UnlockOSThread()
	}
}

// catch begins to catch groupSignals, and forgets the stops that were held:
// os/signal unblocks a signal before it has a handler. What waits is discarded when
// it is ignored (sigaction(2), notes).
func catch() {
	for _, sig := range stops {
		signal.Ignore(sig)
	}
	mistakes := make(chan os.Signal, 1)
	for _, sig := range groupSignals {
		signal.Notify(mistakes, sig)
	}
}

// letGo unblocks in this thread what was held.
func letGo(held []syscall.Signal) {
	set := sigset(held)
	_ = unix.PthreadSigmask(unix.SIG_UNBLOCK, &set, nil)
}

// sigset is for signals below 32, which are all in its first word.
func sigset(sigs []syscall.Signal) (set unix.Sigset_t) {
	for _, sig := range sigs {
		set.Val[0] |= 1 << (sig - 1)
	}
	return set
}
