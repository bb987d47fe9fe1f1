package engine

import (
	"os"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ListenerOwner returns another process that listens on the endpoint's port, or 0. The
// kernel hides the descriptors of other users' processes.
func ListenerOwner(e handoff.Endpoint) (pid int, name string) {
	listeners, err := sockdiag.Listeners(e.Port())
	if err != nil || len(listeners) == 0 {
		return 0, ""
	}
	for _, p := range fdtable.Processes() {
		if p != os.Getpid() && fdtable.HasAny(p, listeners) {
			comm, _ := os.ReadFile("/proc/" + strconv.Itoa(p) + "/comm")
			return p, strings.TrimSpace(string(comm))
		}
	}
	return 0, ""
}
