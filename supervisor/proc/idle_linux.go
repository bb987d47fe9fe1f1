package proc

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// idle gives the calling thread, and what it forks, what no other thread wants of the processors and the disks
// (sched(7), ioprio_set(2)). An ordinary user cannot take that back.
func idle() {
	const (
		process = 1       // IOPRIO_WHO_PROCESS: a thread
		class   = 3 << 13 // IOPRIO_CLASS_IDLE
	)
	if unix.SchedSetAttr(0, &unix.SchedAttr{Size: uint32(unsafe.Sizeof(unix.SchedAttr{})), Policy: unix.SCHED_IDLE}, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, 19) // a container may forbid the other call
	}
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, process, 0, class)
}
