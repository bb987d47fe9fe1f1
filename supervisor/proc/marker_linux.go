package proc

import (
	"bytes"
	"os"
	"strconv"
)

// marked says whether the process was executed with the marker, NAME=VALUE, in
// its environment. What it has set or cleared since does not show
// (proc_pid_environ(5)), unless it wrote over that memory, as nginx does.
func marked(pid int, marker string) bool {
	if marker == "" {
		return false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false // gone, or not ours to see
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if string(kv) == marker {
			return true
		}
	}
	return false
}
