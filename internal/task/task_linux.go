package task

import (
	"bytes"
	"strconv"
)

// IDs returns the threads of a process, in the kernel's order. A process that has ended has none.
func IDs(pid int) (tids []int) {
	_ = List("/proc/"+strconv.Itoa(pid)+"/task", func(_ int, name string) {
		if tid, err := strconv.Atoi(name); err == nil {
			tids = append(tids, tid)
		}
	})
	return tids
}

// Dir returns the folder of a thread, which is there as long as the thread is one of the process.
func Dir(pid, tid int) string { return "/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(tid) }

// State returns the state of a thread (proc_pid_stat(5)), such as 'R' or 'S', or 0 if the thread has ended or is
// none of the process.
func State(pid, tid int) byte {
	b, _ := Read(Dir(pid, tid) + "/stat")
	// The name in parentheses may have any character.
	if i := bytes.LastIndexByte(b, ')'); i >= 0 && i+2 < len(b) {
		return b[i+2]
	}
	return 0
}
