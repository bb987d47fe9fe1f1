package intercept

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// privilege decides whether the kernel lets a thread bind a low port (inet_port_requires_bind_service; ip(7),
// capabilities(7)).
type privilege struct {
	from      int    // net.ipv4.ip_unprivileged_port_start
	effective uint64 // the thread's effective capabilities
	user      string // the thread's user namespace, "" if unknown
	owner     string // that whose capabilities count, see networkOwner
}

// mayBind reports whether the thread may bind the port. Unknown means no: the kernel decides then.
func (p privilege) mayBind(port uint16) bool {
	if int(port) >= p.from {
		return true
	}
	return p.user != "" && p.user == p.owner && p.effective&(1<<unix.CAP_NET_BIND_SERVICE) != 0
}

// privilegeOf reads the caller's privilege in hotswap's network namespace.
func (c caller) privilegeOf(owner string) privilege {
	return privilege{from: procfs.UnprivilegedPort(), effective: c.effective, user: c.proc().Link("ns/user"), owner: owner}
}

// networkOwner returns the user namespace that owns hotswap's network namespace, or "" (ioctl_nsfs(2)). Capabilities count in
// the namespaces above it, too, in which no program of hotswap is.
func networkOwner() string {
	ns, err := unix.Open(procfs.Self.Path("ns/net"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(ns)
	owner, err := unix.IoctlRetInt(ns, unix.NS_GET_USERNS) // EPERM: the namespace is above hotswap's
	if err != nil {
		return ""
	}
	defer unix.Close(owner)
	return procfs.Self.Link("fd/" + strconv.Itoa(owner))
}
