package usage

import (
	"bytes"
	"iter"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// schedules returns for how long each thread of the processes has run on a processor, and has waited for one
// (proc_pid_schedstat(5)). There are none where the kernel does not tell.
func schedules(pids []int) iter.Seq2[time.Duration, time.Duration] {
	return func(yield func(ran, waited time.Duration) bool) {
		for _, pid := range pids {
			for _, tid := range procfs.Threads(pid) {
				b, _ := procfs.Thread(pid, tid).Read("schedstat")
				if fields := bytes.Fields(b); len(fields) > 1 {
					ran, _ := strconv.ParseInt(string(fields[0]), 10, 64)
					waited, _ := strconv.ParseInt(string(fields[1]), 10, 64)
					if !yield(time.Duration(ran), time.Duration(waited)) {
						return
					}
				}
			}
		}
	}
}

// Starved returns for how long that thread of the processes has waited for a processor that has waited longest. 0 where the
// kernel does not tell.
func Starved(pids []int) (longest time.Duration) {
	for _, waited := range schedules(pids) {
		longest = max(longest, waited)
	}
	return longest
}

// Wanted returns for how long all threads of the processes have wanted a processor. 0 where the kernel does not tell.
func Wanted(pids []int) (sum time.Duration) {
	for ran, waited := range schedules(pids) {
		sum += ran + waited
	}
	return sum
}
