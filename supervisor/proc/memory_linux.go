package proc

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// MemoryKills is how many processes the kernel has killed for lack of memory in
// this process's control group, and so in what it started; the machine's number
// where there is no such group; 0 where nothing tells.
func MemoryKills() int {
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, path := range append(memoryFiles(string(groups), "/sys/fs/cgroup"), "/proc/vmstat") {
		if b, err := os.ReadFile(path); err == nil {
			if n, ok := oomKills(string(b)); ok {
				return n
			}
		}
	}
	return 0
}

// memoryFiles are where the number may be, from /proc/PID/cgroup (cgroups(7)):
// version 2's memory.events counts the groups below too; version 1 has it in
// memory.oom_control. In a container the path may be one of the host's, and then
// the group is what is mounted.
func memoryFiles(groups, mount string) []string {
	var out []string
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) < 3 {
			continue
		}
		switch {
		case parts[0] == "0" && parts[1] == "":
			out = append(out, filepath.Join(mount, parts[2], "memory.events"), filepath.Join(mount, "memory.events"))
		case parts[1] == "memory":
			out = append(out, filepath.Join(mount, "memory", parts[2], "memory.oom_control"), filepath.Join(mount, "memory", "memory.oom_control"))
		}
	}
	return out
}

// oomKills is the number in one of these files.
func oomKills(text string) (int, bool) {
	for line := range strings.Lines(text) {
		if number, ok := strings.CutPrefix(line, "oom_kill "); ok {
			n, err := strconv.Atoi(strings.TrimSpace(number))
			return n, err == nil
		}
	}
	return 0, false
}
