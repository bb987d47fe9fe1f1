package proc

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// passedWithin is the time for a process that handles a stop signal to pass it on to servers below. Tests change it.
var passedWithin = time.Second

// signalLooks is how often a signal that does not ask for an end looks for processes: one that was forked during a look
// has hardly a child in the next.
const signalLooks = 3

// noStops are signals that do not ask a program to end.
var noStops = []syscall.Signal{syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGSTOP, syscall.SIGTTIN, syscall.SIGTTOU,
	syscall.SIGWINCH}

// stop is a stop signal on its way down a tree. Each process should get the signal once, because many take a second one
// for "at once", and before those below, because a supervisor or a loop starts a process anew that ends without its
// order.
//
// So the signal goes from the top down. A process that does not handle the signal ends by it and passes nothing on, and
// those below are told at once. One that handles the signal (npm, pnpm, tini, supervisord, runsv, the master of a pool)
// decides about those below, until it has ended: it tells them, or lets them finish. A process that was started
// meanwhile is told like the others, and one that ignores the signal when it does not any more: below a shell that
// ignores the signal each program begins so.
type stop struct {
	sig  syscall.Signal
	late atomic.Bool // the signal was ordered again: everybody is told
}

// signal sends sig to every process of the tree, also to one in another session; a stop signal as [stop] says.
func (k *keeper) signal(sig syscall.Signal) {
	switch {
	case slices.Contains(noStops, sig):
		k.signalAll(sig)
	case k.stop != nil && k.stop.sig == sig:
		k.stop.late.Store(true)
	default:
		s := &stop{sig: sig}
		k.stop = s
		k.orders.Go(func() { k.pass(s) })
	}
}

// pass tells each process when its turn has come, until none is left.
func (k *keeper) pass(s *stop) {
	listened := Listening(k.tree())
	turns := map[Identity]*turn{}
	for pause, before := killAgain, 0; ; {
		told := 0
		tree := k.tree()
		listens := sync.OnceValue(func() map[int]bool { return Listening(tree) })
		for _, pid := range tree { // parents first
			id, _ := Identify(pid)
			id.PID = pid // also of a process that /proc hides
			t := turns[id]
			if t == nil {
				t = &turn{since: time.Now(), server: listened[pid], fresh: before > 0}
				turns[id] = t
			}
			if !t.told && !ignores(pid, s.sig) && (s.late.Load() || t.due(pid, s.sig, listens)) {
				t.told = true
				sig := s.sig
				if golang(pid) && len(Children(pid)) > 0 {
					sig = syscall.SIGINT
				}
				k.signalOne(pid, sig)
			}
			if t.told {
				told++
			}
		}
		pause = min(2*pause, wait.Poll)
		if told != before {
			pause, before = killAgain, told
		}
		select {
		case <-time.After(pause):
		case <-k.none:
			return
		}
	}
}

// turn is what a stop knows of a process.
type turn struct {
	since  time.Time // the stop saw it first
	server bool      // it listened before the stop
	fresh  bool      // it was started after the signal
	below  bool      // it has, or had, a decider
	told   bool
}

// due reports whether the process has to be told. A server that goes on listening has not heard the signal from its
// decider, even if that has ended. Of a process that does not listen nobody knows.
func (t *turn) due(pid int, sig syscall.Signal, listens func() map[int]bool) bool {
	by, below := decider(pid, sig, t.fresh)
	t.below = t.below || below
	late := time.Since(t.since) >= passedWithin
	switch {
	case !t.below:
		return true
	case t.server:
		return late && listens()[pid]
	default:
		return !below || !t.fresh && late && shell(by)
	}
}

// decider returns the process that decides whether pid gets sig: the nearest above it that handles sig. A shell runs
// its trap only after the command that it waits for (POSIX, 2.11), so it does not decide about one that ends by sig,
// unless that is fresh: a command of the trap.
func decider(pid int, sig syscall.Signal, fresh bool) (by int, decides bool) {
	above, known := ancestry(pid, os.Getpid(), parent)
	for _, by := range above {
		if known && takes(by, sig) && !golang(by) && (fresh || !shell(by) || takes(pid, sig)) {
			return by, true
		}
	}
	return 0, false
}

// signalAll sends sig to every process. It looks again for those that were forked meanwhile, but not without end: sig
// may stop none of those that fork.
func (k *keeper) signalAll(sig syscall.Signal) {
	told := map[int]bool{}
	for range signalLooks {
		for _, pid := range k.tree() {
			if !told[pid] {
				told[pid] = true
				k.signalOne(pid, sig)
			}
		}
	}
}
