package usage

import (
	"bytes"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Starved returns for how long that thread of the processes has waited for a processor that has waited longest
// (proc_pid_schedstat(5)). 0 where the kernel does not tell.
func Starved(pids []int) (longest time.Duration) {
	for _, pid := range pids {
		for _, tid := range procfs.Threads(pid) {
			b, _ := procfs.Thread(pid, tid).Read("schedstat")
			if fields := bytes.Fields(b); len(fields) > 1 {
				waited, _ := strconv.ParseInt(string(fields[1]), 10, 64)
				longest = max(longest, time.Duration(waited))
			}
		}
	}
	return longest
}
