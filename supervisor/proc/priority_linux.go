package proc

import (
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// standbyNice is added to a standby's nice value. At 10 it gets about a tenth of the
// processor time of a normal busy process.
const standbyNice = 10

// lowered is a change of priority that can be undone. The zero value is no change.
type lowered struct {
	usual, low unix.SchedAttr
	done       bool
}

// lower lowers the priority of this thread and its future children: SCHED_BATCH, which
// any process may leave (sched(7)), and a higher nice value if CAP_SYS_NICE or
// RLIMIT_NICE allow to undo that (setpriority(2)). Other policies than SCHED_NORMAL stay.
func lower() lowered {
	var l lowered
	usual, err := unix.SchedGetAttr(0, 0)
	if err != nil || usual.Policy != unix.SCHED_NORMAL {
		return l
	}
	l.usual, l.low = *usual, *usual
	l.low.Policy = unix.SCHED_BATCH
	if mayReturn(l) {
		l.low.Nice = min(l.usual.Nice+standbyNice, 19)
	}
	l.done = unix.SchedSetAttr(0, &l.low, 0) == nil
	return l
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

// raise undoes the change for all threads of the processes, deepest first, because the
// program is there. A thread's own additional nice value stays (nice(1)). New threads
// inherit a low priority, so that raise repeats, a few times.
func (l lowered) raise(tree func() []int) {
	if !l.done {
		return
	}
	raised := map[int]bool{}
	for range 5 {
		found := false
		for _, pid := range slices.Backward(tree()) {
			tasks, _ := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
			for _, t := range tasks {
				tid, err := strconv.Atoi(t.Name())
				if err != nil || raised[tid] {
					continue
				}
				now, err := unix.SchedGetAttr(tid, 0)
				if err != nil || !l.back(now) {
					continue
				}
				raised[tid] = unix.SchedSetAttr(tid, now, 0) == nil
				found = raised[tid] || found
			}
		}
		if !found {
			return
		}
	}
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
