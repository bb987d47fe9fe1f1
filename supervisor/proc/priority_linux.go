package proc

import (
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// modest is how much nicer a program is that is started ahead. At 10 it gets about
// a tenth of what a busy process of usual priority does.
const modest = 10

// lowered is a priority that can be taken back, and both sides of it. The zero
// value is none.
type lowered struct {
	usual, low unix.SchedAttr
	done       bool
}

// lower makes this thread, and what it forks, give way to others: SCHED_BATCH,
// which everybody may leave again (sched(7)), and a nicer value where that may be
// taken back, which takes CAP_SYS_NICE or RLIMIT_NICE (setpriority(2)). Whoever has
// another policy than the usual one is left with it.
func lower() lowered {
	var l lowered
	usual, err := unix.SchedGetAttr(0, 0)
	if err != nil || usual.Policy != unix.SCHED_NORMAL {
		return l
	}
	l.usual, l.low = *usual, *usual
	l.low.Policy = unix.SCHED_BATCH
	if mayReturn(l) {
		l.low.Nice = min(l.usual.Nice+modest, 19)
	}
	l.done = unix.SchedSetAttr(0, &l.low, 0) == nil
	return l
}

// mayReturn tries with another thread whether a lower priority can be taken back.
func mayReturn(l lowered) (may bool) {
	low := l.usual
	low.Nice = min(low.Nice+1, 19)
	seccomp.OnOwnThread(func() {
		may = unix.SchedSetAttr(0, &low, 0) == nil && unix.SchedSetAttr(0, &l.usual, 0) == nil
	})
	return may
}

// raise gives all threads of the processes their usual priority, deepest first:
// there the program itself is. One that made itself nicer (nice(1)) stays as much
// nicer. A thread that is made meanwhile has that of its maker, so it looks until
// there is none left, but not for ever.
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

// back makes a thread's priority what it would be without us. It tells whether that
// is another one.
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
