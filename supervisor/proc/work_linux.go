package proc

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Work returns how long the threads of these processes have run on a processor (proc_pid_schedstat(5)), 0 if
// the kernel does not tell, and whether one of them runs, wants to, or waits for a disk.
func Work(pids []int) (used time.Duration, runs bool) {
	for _, pid := range pids {
		tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*")
		for _, task := range tasks {
			if b, err := os.ReadFile(task + "/schedstat"); err == nil {
				text, _, _ := bytes.Cut(b, []byte(" "))
				ns, _ := strconv.ParseInt(string(text), 10, 64)
				used += time.Duration(ns)
			}
			b, err := os.ReadFile(task + "/stat")
			if at := bytes.LastIndexByte(b, ')') + 2; err == nil && at < len(b) {
				runs = runs || b[at] == 'R' || b[at] == 'D'
			}
		}
	}
	return used, runs
}
