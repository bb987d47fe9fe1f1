package systemd

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// CloseInherited keeps the program from inheriting the descriptors that this process has
// inherited besides the standard streams: a shell's `7<file`, a job server's pipe. It marks
// them close-on-exec; hotswap passes descriptors on as duplicates without that mark. One of them may be
// Node's channel to its parent (child_process.fork, pm2): Node would fail at a channel that is not there.
func CloseInherited() {
	for _, name := range []string{"NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID"} {
		os.Unsetenv(name)
	}
	const first = 3
	if closeOnExec(first) {
		return
	}
	entries, _ := os.ReadDir("/dev/fd") // fd(4)
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd)
		}
	}
}
