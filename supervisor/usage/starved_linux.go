package usage

import (
	"bytes"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/task"
)

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
