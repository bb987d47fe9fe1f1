package engine

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// longestDir bounds what is printed of a folder, whose name others have chosen.
const longestDir = 200

// ListenerOwner returns another process that listens on the endpoint's port, and its folder; pid 0: it is unknown, as the
// kernel hides the descriptors of other users' processes.
func ListenerOwner(e handoff.Endpoint) (pid int, name, dir string) {
	listeners, err := sockdiag.Listeners(e.IsUDP(), e.Port())
	if err != nil || len(listeners) == 0 {
		return 0, "", ""
	}
	all, _ := fdtable.Processes()
	for _, p := range all {
		if p != os.Getpid() && fdtable.HasAny(p, listeners) {
			dir, err := os.Readlink("/proc/" + strconv.Itoa(p) + "/cwd")
			if err != nil {
				dir = "an unknown folder"
			}
			if len(dir) > longestDir {
				dir = "…" + dir[len(dir)-longestDir:]
			}
			return p, processName(p), dir
		}
	}
	return 0, "", ""
}

// kernel is whom listenerAt asks, which a proxy does for each connection: to open that anew would take ten times as long.
var kernel struct {
	sync.Mutex
	diag *sockdiag.Conn // nil: not open yet
}

// listenerAt returns the cookie and the user of the socket that gets a connection to an address; 0: there is none, or a
// sandbox forbids sock_diag.
func listenerAt(at netip.AddrPort) (cookie uint64, uid int) {
	kernel.Lock()
	defer kernel.Unlock()
	if kernel.diag == nil {
		diag, err := sockdiag.Open()
		if err != nil {
			return 0, 0
		}
		kernel.diag = diag
	}
	nobody := netip.AddrPortFrom(netip.IPv6Unspecified(), 0) // the kernel answers with a listener where no connection is
	if at.Addr().Is4() {
		nobody = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	s, found, err := kernel.diag.Lookup(sockdiag.Name{Local: at, Remote: nobody})
	if err != nil || !found || s.State != sockdiag.Listen {
		return 0, 0
	}
	return s.Cookie, int(s.UID)
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
