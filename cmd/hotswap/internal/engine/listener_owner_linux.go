package engine

import (
	"cmp"
	"math"
	"net/netip"
	"os"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// longestDir bounds what is printed of a folder, whose name others have chosen.
const longestDir = 200

// ListenerOwner returns another process that listens on the endpoint's port, and its folder; pid 0: it is unknown, as
// the kernel hides the descriptors of other users' processes.
func ListenerOwner(e handoff.Endpoint) (pid int, name, dir string) {
	listeners, _ := sockdiag.Listeners(e.IsUDP(), e.Port())
	all, _ := procfs.Processes()
	pid = oldest(slices.DeleteFunc(all, func(pid int) bool {
		return pid == os.Getpid() || !procfs.Have(listeners, pid)
	}))
	if pid == 0 {
		return
	}
	dir = cmp.Or(procfs.Of(pid).Link("cwd"), "an unknown folder")
	if len(dir) > longestDir {
		dir = "…" + dir[len(dir)-longestDir:]
	}
	return pid, processName(pid), dir
}

// oldest returns the process that began first: a parent that listens, and not its child, which has a smaller number if
// the machine's numbers began anew between them. 0: none of them runs.
func oldest(pids []int) (pid int) {
	first := uint64(math.MaxUint64)
	for _, p := range pids {
		if stat, err := procfs.Of(p).Stat(); err == nil && stat.Number(22) < first {
			pid, first = p, stat.Number(22)
		}
	}
	return pid
}

// listenerAt returns the cookie and the user of the socket that gets a connection to an address; 0: there is none, or a
// sandbox forbids sock_diag.
func listenerAt(at netip.AddrPort) (cookie uint64, uid int) {
	// the kernel answers with a listener where no connection is
	nobody := netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	if at.Addr().Is4() {
		nobody = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	s, err := sockdiag.Lookup(sockdiag.Name{Local: at, Remote: nobody})
	if err != nil || s.State != sockdiag.Listen {
		return 0, 0
	}
	return s.Cookie, int(s.UID)
}

// processName returns how a process is called, "" if it has ended. Newer versions of Node call
// their first thread, and so the process, MainThread; then its executable tells more.
func processName(pid int) string {
	at := procfs.Of(pid)
	if name := at.Name(); name != "MainThread" {
		return name
	}
	return cmp.Or(at.Program(), "MainThread")
}
