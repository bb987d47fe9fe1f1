//go:build unix

package fresh

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Usage is what a process has used: context switches of its own will, ticks of processor time, and memory in KiB.
type Usage struct{ Switches, Ticks, Resident, Private int }

// UsageOf reads proc_pid_status(5) and proc_pid_stat(5).
func UsageOf(pid int) (u Usage, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		return u, fmt.Errorf("process %d has gone: %w", pid, err)
	}
	for _, task := range tasks {
		u.Switches += statusField(task, "voluntary_ctxt_switches:")
	}
	status := fmt.Sprintf("/proc/%d/status", pid)
	u.Resident, u.Private = statusField(status, "VmRSS:"), statusField(status, "RssAnon:")
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	u.Ticks = user + system
	return u, nil
}

// Ticks returns the processor time of a process and of all that are below it, also of those that have been waited for.
func Ticks(pid int) (sum float64) {
	for _, pid := range Descendants(pid) {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])); len(fields) > 14 {
			for _, field := range fields[11:15] {
				n, _ := strconv.Atoi(field)
				sum += float64(n)
			}
		}
	}
	return sum
}

// statusField returns a number of a file of /proc; 0 if the process has gone.
func statusField(file, key string) (n int) {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			n, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return n
}

// Children returns the processes that a process has started.
func Children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(b)) {
			n, _ := strconv.Atoi(child)
			pids = append(pids, n)
		}
	}
	return pids
}

// Descendants returns a process and all that are below it.
func Descendants(pid int) []int {
	if pid == 0 {
		return nil
	}
	pids := []int{pid}
	for _, child := range Children(pid) {
		pids = append(pids, Descendants(child)...)
	}
	return pids
}
