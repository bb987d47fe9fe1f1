package usage

import (
	"bytes"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Wanted returns for how long all threads of the processes have run on a processor or waited for one
// (proc_pid_schedstat(5)). 0 where the kernel does not tell.
func Wanted(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		for _, tid := range procfs.Threads(pid) {
			b, _ := procfs.Thread(pid, tid).Read("schedstat")
			if fields := bytes.Fields(b); len(fields) > 1 {
				ran, _ := strconv.ParseInt(string(fields[0]), 10, 64)
				waited, _ := strconv.ParseInt(string(fields[1]), 10, 64)
				sum += time.Duration(ran + waited)
			}
		}
	}
	return sum
}
