package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ListenerOwner finds who listens on the endpoint's port, as far as one may see: the
// descriptors of another user's processes are hidden, and then pid is 0.
func ListenerOwner(e handoff.Endpoint) (pid int, name string) {
	listeners, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}})
	if err != nil {
		return 0, ""
	}
	want := map[string]bool{}
	for _, l := range listeners {
		if l.Local.Port() == e.Port() {
			want["socket:["+strconv.FormatUint(l.Inode, 10)+"]"] = true
		}
	}
	self := os.Getpid()
	dirs, _ := filepath.Glob("/proc/[0-9]*/fd")
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(strings.Split(dir, "/")[2])
		if pid == self {
			continue
		}
		fds, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if link, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && want[link] {
				comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
				return pid, strings.TrimSpace(string(comm))
			}
		}
	}
	return 0, ""
}
