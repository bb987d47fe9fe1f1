package usage

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// MemoryOf returns the memory of the processes in bytes. Shared memory counts for each of its users
// (proc_pid_statm(5)): to divide it, the kernel would walk the pages of each process.
func MemoryOf(pids []int) (sum uint64) {
	for _, pid := range pids {
		b, _ := procfs.Of(pid).Read("statm")
		if words := bytes.Fields(b); len(words) > 1 {
			n, _ := strconv.ParseUint(string(words[1]), 10, 64)
			sum += n * uint64(os.Getpagesize())
		}
	}
	return sum
}

// MemoryLeft returns how many bytes are available on the machine, or in this process's
// control group if that is less; [math.MaxUint64]: not known.
func MemoryLeft() uint64 {
	b, _ := procfs.Read("/proc/meminfo")
	left := 1024 * procfs.Number(b, "MemAvailable", 10)
	if left == 0 {
		return math.MaxUint64
	}
	// The limits of this process's control group, and of the groups above, apply, too (cgroups(7), version 2). In a
	// container the path may be the host's; then the group is mounted at the root.
	b, _ = procfs.Self.Read("cgroup")
	if path, ok := strings.CutPrefix(procfs.Field(b, "0"), ":"); ok {
		for dir := filepath.Join(mount, path); len(dir) >= len(mount); dir = filepath.Dir(dir) {
			left = min(left, groupLeft(dir))
		}
	}
	return left
}

// mount is where control groups are.
const mount = "/sys/fs/cgroup"

// groupLeft returns how much more the group may use. The kernel reclaims its inactive
// file cache first (the kernel's admin-guide/cgroup-v2). [math.MaxUint64]: no limit.
func groupLeft(dir string) uint64 {
	most, err := number(filepath.Join(dir, "memory.max"))
	now, wrong := number(filepath.Join(dir, "memory.current"))
	if err != nil || wrong != nil {
		return math.MaxUint64 // the limit is "max", or there is no such group
	}
	stat, _ := os.ReadFile(filepath.Join(dir, "memory.stat"))
	now -= min(now, procfs.Number(stat, "inactive_file", 10))
	return most - min(most, now)
}

func number(path string) (uint64, error) {
	b, _ := os.ReadFile(path) // no text is no number
	return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
}
