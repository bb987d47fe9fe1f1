package proc

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/task"
)

// standbyNice is added to a standby's nice value. At 10 it gets about a tenth of the
// processor time of a normal busy process.
const standbyNice = 10

// lowered is a change of priority that can be undone. The zero value is no change.
type lowered struct {
	usual, low unix.SchedAttr
	can        bool
}

// newLowered returns how the priority of this thread and its future children can be lowered:
// to SCHED_BATCH, which any process may leave (sched(7)), and to a higher nice value if
// CAP_SYS_NICE or RLIMIT_NICE allow to undo that (setpriority(2)). Other policies than
// SCHED_NORMAL stay.
func newLowered() lowered {
	var l lowered
	usual, err := unix.SchedGetAttr(0, 0)
	if err != nil || usual.Policy != unix.SCHED_NORMAL {
		return l
	}
	l.usual, l.low, l.can = *usual, *usual, true
	l.low.Policy = unix.SCHED_BATCH
	if mayReturn(l) {
		l.low.Nice = min(l.usual.Nice+standbyNice, 19)
	}
	return l
}

// begin lowers the priority of this thread, for its future children.
func (l lowered) begin() {
	if l.can {
		_ = unix.SchedSetAttr(0, &l.low, 0)
	}
}

// mayReturn tries in another thread whether a lower priority can be undone.
func mayReturn(l lowered) (may bool) {
	low := l.usual
	low.Nice = min(low.Nice+1, 19)
	seccomp.OnOwnThread(func() {
		may = unix.SchedSetAttr(0, &low, 0) == nil && unix.SchedSetAttr(0, &l.usual, 0) == nil
	})
	return may
}

// lower lowers the priority of all threads of the processes that have not been lowered.
func (l lowered) lower(tree func() []int) { l.change(tree, l.down) }

// raise undoes that, because the program is there. A thread's own additional nice value
// stays (nice(1)).
func (l lowered) raise(tree func() []int) { l.change(tree, l.back) }

// change changes all threads of the processes, deepest first. New threads inherit the
// priority of those that start them, so that change repeats, a few times.
func (l lowered) change(tree func() []int, to func(*unix.SchedAttr) bool) {
	if !l.can {
		return
	}
	changed := map[int]bool{}
	for range 5 {
		found := false
		for _, pid := range slices.Backward(tree()) {
			for _, tid := range task.IDs(pid) {
				if changed[tid] {
					continue
				}
				now, err := unix.SchedGetAttr(tid, 0)
				if err != nil || !to(now) {
					continue
				}
				changed[tid] = unix.SchedSetAttr(tid, now, 0) == nil
				found = changed[tid] || found
			}
		}
		if !found {
			return
		}
	}
}

// down lowers the priority in a and reports whether it was not low.
func (l lowered) down(a *unix.SchedAttr) bool {
	if a.Policy != l.usual.Policy {
		return false
	}
	a.Policy = l.low.Policy
	a.Nice = min(a.Nice+l.low.Nice-l.usual.Nice, 19)
	return true
}

// back undoes the change in a and reports whether it differs.
func (l lowered) back(a *unix.SchedAttr) bool {
	by, was := l.low.Nice-l.usual.Nice, *a
	if by > 0 && a.Nice >= l.low.Nice {
		a.Nice -= by
	}
	if a.Policy == l.low.Policy {
		a.Policy = l.usual.Policy
	}
	return *a != was
}
