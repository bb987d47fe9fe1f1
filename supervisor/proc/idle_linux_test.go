package proc

import (
	"testing"

	"golang.org/x/sys/unix"
)

// An idle program, and all below, gets what no other program wants of the processors and the disks.
func TestIdle(t *testing.T) {
	for _, idle := range []bool{false, true} {
		c := start(t, func(s *Spec) { s.Idle = idle }, "tree")
		for _, pid := range c.ready("catch", "ignore-term", "wait") {
			a, err := unix.SchedGetAttr(pid, 0)
			if err != nil || (a.Policy == unix.SCHED_IDLE) != idle {
				t.Errorf("idle %v: process %d has policy %d, %v", idle, pid, a.Policy, err)
			}
			if class, _, err := unix.Syscall(unix.SYS_IOPRIO_GET, 1, uintptr(pid), 0); err != 0 || (class>>13 == 3) != idle {
				t.Errorf("idle %v: process %d has the class %d for disks, %v", idle, pid, class>>13, err)
			}
		}
	}
}
