package drain

import (
	"bytes"
	"os"
	"strconv"
)

// working reports whether a thread of the process runs, waits for a processor,
// or for a disk: states R and D of proc_pid_stat(5). A program that has written
// all of its answer sleeps.
func working(pid int) bool {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	names, _ := f.Readdirnames(-1)
	f.Close()
	for _, name := range names {
		b, err := os.ReadFile(dir + "/" + name + "/stat")
		if err != nil {
			continue
		}
		// The name in parentheses may itself hold any character.
		if i := bytes.LastIndexByte(b, ')'); i >= 0 && i+2 < len(b) && (b[i+2] == 'R' || b[i+2] == 'D') {
			return true
		}
	}
	return false
}
