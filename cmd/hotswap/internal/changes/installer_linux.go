package changes

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// installer names the process that installs packages into a folder; "": none is seen.
// proc(5) shows no working directory of other users' processes. own: the process is below
// this one.
func installer(folder string) (name string, own bool) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		cmdline, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		command := installing(strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00"))
		if command == "" {
			continue
		}
		if dir, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err == nil && concerns(dir, folder) {
			return fmt.Sprintf("%s (process %d)", command, pid), isBelow(pid, os.Getpid())
		}
	}
	return "", false
}

// isBelow reports whether a process is a descendant of another one.
func isBelow(pid, of int) bool {
	for range 64 { // more than any chain of wrappers
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if err != nil || len(fields) < 2 {
			return false
		}
		switch pid, err = strconv.Atoi(fields[1]); {
		case err != nil:
			return false
		case pid == of: // which may be process 1, in a container
			return true
		case pid <= 1:
			return false
		}
	}
	return false
}
