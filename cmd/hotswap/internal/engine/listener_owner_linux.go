package engine

import (
	"os"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ListenerOwner returns the process that listens on the endpoint's port, or 0 if its
// descriptors are hidden because it is another user's.
func ListenerOwner(e handoff.Endpoint) (pid int, name string) {
	listeners, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}, Port: e.Port()})
	if err != nil {
		return 0, ""
	}
	want := map[uint64]bool{}
	for _, l := range listeners {
		want[l.Inode] = true
	}
	for _, p := range fdtable.Processes() {
		if p != os.Getpid() && fdtable.HasAny(p, want) {
			comm, _ := os.ReadFile("/proc/" + strconv.Itoa(p) + "/comm")
			return p, strings.TrimSpace(string(comm))
		}
	}
	return 0, ""
}
