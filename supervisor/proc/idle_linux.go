package proc

import (
	"bytes"
	"path/filepath"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
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

// Starved returns for how long that thread of the processes has waited for a processor that has waited longest (the
// kernel's scheduler/sched-stats). 0 where the kernel does not tell.
func Starved(pids []int) (longest time.Duration) {
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid) + "/task"
		_ = task.List(dir, func(_ int, tid string) {
			b, _ := task.Read(filepath.Join(dir, tid, "schedstat"))
			if fields := bytes.Fields(b); len(fields) > 1 {
				ns, _ := strconv.ParseInt(string(fields[1]), 10, 64)
				longest = max(longest, time.Duration(ns))
			}
		})
	}
	return longest
}
