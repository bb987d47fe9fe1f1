package proc

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// MemoryOf is what the processes take, in bytes: what several of them share counts
// in parts (PSS, proc_pid_smaps(5)), or where that may not be read, in each (RSS).
func MemoryOf(pids []int) uint64 {
	sum := uint64(0)
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid)
		if b, err := os.ReadFile(dir + "/smaps_rollup"); err == nil {
			sum += 1024 * field(b, "Pss:")
		} else if b, err := os.ReadFile(dir + "/status"); err == nil {
			sum += 1024 * field(b, "VmRSS:")
		}
	}
	return sum
}

// MemoryLeft is how many bytes may still be used without harm to others: what the
// machine has, or this process's control group if that is less; false: it is not
// known.
func MemoryLeft() (uint64, bool) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	left := 1024 * field(b, "MemAvailable:")
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, dir := range memoryGroups(string(groups), "/sys/fs/cgroup") {
		if free, ok := groupLeft(dir); ok {
			left = min(left, free)
		}
	}
	return left, left > 0
}

// memoryGroups are the directories of the process's control groups, from
// /proc/PID/cgroup, and all above, whose limits count too.
func memoryGroups(groups, mount string) []string {
	var out []string
	for _, path := range memoryFiles(groups, mount) {
		for dir := filepath.Dir(path); len(dir) >= len(mount); dir = filepath.Dir(dir) {
			out = append(out, dir)
		}
	}
	return out
}

// groupLeft is how much the group may still take; what it has of files that nobody
// uses is given up first (cgroups(7); the kernel's admin-guide/cgroup-v2). False:
// it has no limit.
func groupLeft(dir string) (uint64, bool) {
	limit, used, idle := "memory.max", "memory.current", "inactive_file"
	if _, err := os.Stat(filepath.Join(dir, limit)); err != nil { // version 1
		limit, used, idle = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
	}
	most, err := number(filepath.Join(dir, limit))
	if err != nil {
		return 0, false // "max", or no such group
	}
	now, err := number(filepath.Join(dir, used))
	if err != nil {
		return 0, false
	}
	stat, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	now -= min(now, field(stat, idle))
	return most - min(most, now), true
}

func number(path string) (uint64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
}

// field is the number behind a name at the start of a line; 0: there is none.
func field(text []byte, name string) uint64 {
	for line := range bytes.Lines(text) {
		words := bytes.Fields(line)
		if len(words) >= 2 && string(words[0]) == name {
			n, _ := strconv.ParseUint(string(words[1]), 10, 64)
			return n
		}
	}
	return 0
}
