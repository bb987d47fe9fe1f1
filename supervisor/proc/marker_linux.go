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
	return marker != "" && inEnviron(pid, func(kv []byte) bool { return string(kv) == marker })
}

// isKeeper says whether the process was started to be a keeper.
func isKeeper(pid int) bool {
	return inEnviron(pid, func(kv []byte) bool { return bytes.HasPrefix(kv, []byte(keeperEnv+"=")) })
}

func inEnviron(pid int, is func([]byte) bool) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false // gone, or not ours to see
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if is(kv) {
			return true
		}
	}
	return false
}
