package proc

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// A standby gives way to other processes as SCHED_BATCH, which any process may leave again (sched(7)). To
// undo a higher nice value takes a privilege.

// begin lowers the priority of this thread, for its future children. It does nothing to other policies than
// SCHED_NORMAL.
func begin() { change(0, unix.SCHED_NORMAL, unix.SCHED_BATCH) }

// lower lowers the priority of all threads of the processes.
func lower(tree func() []int) { changeAll(tree, unix.SCHED_NORMAL, unix.SCHED_BATCH) }

// raise undoes that, because the program is there.
func raise(tree func() []int) { changeAll(tree, unix.SCHED_BATCH, unix.SCHED_NORMAL) }

// changeAll changes all threads of the processes, deepest first. New threads inherit the policy of those
// that start them, so that changeAll repeats, a few times.
func changeAll(tree func() []int, from, to uint32) {
	for range 5 {
		found := false
		for _, pid := range slices.Backward(tree()) {
			for _, tid := range task.IDs(pid) {
				found = change(tid, from, to) || found
			}
		}
		if !found {
			return
		}
	}
}

// change gives a thread another policy, and reports whether it did. 0 is this thread.
func change(tid int, from, to uint32) bool {
	a, err := unix.SchedGetAttr(tid, 0)
	if err != nil || a.Policy != from {
		return false
	}
	a.Policy = to
	return unix.SchedSetAttr(tid, a, 0) == nil
}
