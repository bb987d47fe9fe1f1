package usage

import (
	"bytes"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Starved returns for how long that thread of the processes has waited for a processor that has waited longest. 0 where the
// kernel does not tell.
func Starved(pids []int) (longest time.Duration) {
	for thread := range threads(pids) {
		_, waited := schedule(thread)
		longest = max(longest, waited)
	}
	return longest
}

// Work returns how long the threads of these processes have run on a processor, 0 if the kernel does not tell, and whether
// one of them runs, wants to, or waits for a disk.
func Work(pids []int) (used time.Duration, runs bool) {
	for thread := range threads(pids) {
		ran, _ := schedule(thread)
		used += ran
		if stat, err := thread.Stat(); err == nil {
			runs = runs || stat.State() == 'R' || stat.State() == 'D'
		}
	}
	return used, runs
}

func threads(pids []int) func(yield func(procfs.Dir) bool) {
	return func(yield func(procfs.Dir) bool) {
		for _, pid := range pids {
			for _, tid := range procfs.Threads(pid) {
				if !yield(procfs.Thread(pid, tid)) {
					return
				}
			}
		}
	}
}

// schedule returns how long a thread has run, and has waited to run (proc_pid_schedstat(5)).
func schedule(thread procfs.Dir) (ran, waited time.Duration) {
	b, _ := thread.Read("schedstat")
	if fields := bytes.Fields(b); len(fields) > 1 {
		n, _ := strconv.ParseInt(string(fields[0]), 10, 64)
		m, _ := strconv.ParseInt(string(fields[1]), 10, 64)
		ran, waited = time.Duration(n), time.Duration(m)
	}
	return ran, waited
}
