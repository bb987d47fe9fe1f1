package commands

import (
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// addressee returns the process of the tree that a signal is meant for, or none: the topmost that
// listens, of those that catch the signal, or else the topmost of them. A process that only
// blocks the signal may be a shell around fork, which would die of the signal. So a program that reads
// the signal (signalfd, sigwait) gets none.
func addressee(tree []int, sig syscall.Signal) (first proc.Identity) {
	listens := proc.Listening(tree)
	for _, pid := range tree {
		id, below := proc.IdentifyBelow(pid)
		if !below || !proc.Handles(pid, sig) {
			continue
		}
		if listens[pid] {
			return id
		}
		if first.PID == 0 {
			first = id
		}
	}
	return first
}
