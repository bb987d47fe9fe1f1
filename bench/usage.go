//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process has used: context switches of its own will, ticks of processor time, and memory in KiB.
type usage struct{ switches, ticks, resident, private int }

// usageOf reads proc_pid_status(5) and proc_pid_stat(5).
func usageOf(pid int) (u usage, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		return u, fmt.Errorf("process %d has gone: %w", pid, err)
	}
	for _, task := range tasks {
		u.switches += statusField(task, "voluntary_ctxt_switches:")
	}
	status := fmt.Sprintf("/proc/%d/status", pid)
	u.resident, u.private = statusField(status, "VmRSS:"), statusField(status, "RssAnon:")
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	u.ticks = user + system
	return u, nil
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

// children returns the processes that a process has started.
func children(pid int) (pids []int) {
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
