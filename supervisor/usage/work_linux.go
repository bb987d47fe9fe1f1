package usage

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// Work returns how long the threads of these processes have run on a processor (proc_pid_schedstat(5)), 0 if
// the kernel does not tell, and whether one of them runs, wants to, or waits for a disk.
func Work(pids []int) (used time.Duration, runs bool) {
	for _, pid := range pids {
		for _, tid := range task.IDs(pid) {
			b, _ := os.ReadFile(task.Dir(pid, tid) + "/schedstat")
			text, _, _ := bytes.Cut(b, []byte(" "))
			ns, _ := strconv.ParseInt(string(text), 10, 64)
			used += time.Duration(ns)
			state := task.State(pid, tid)
			runs = runs || state == 'R' || state == 'D'
		}
	}
	return used, runs
}
