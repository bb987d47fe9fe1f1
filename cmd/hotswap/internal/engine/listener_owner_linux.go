package engine

import (
	"os"
	"path/filepath"
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
			return p, processName(p)
		}
	}
	return 0, ""
}

// processName returns how a process is called, "" if it has ended. Newer versions of Node call
// their first thread, and so the process, MainThread; then its executable tells more.
func processName(pid int) string {
	proc := "/proc/" + strconv.Itoa(pid)
	comm, _ := os.ReadFile(proc + "/comm")
	name := strings.TrimSpace(string(comm))
	if name == "MainThread" {
		if exe, err := os.Readlink(proc + "/exe"); err == nil {
			return filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
		}
	}
	return name
}
