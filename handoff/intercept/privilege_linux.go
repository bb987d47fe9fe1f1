package intercept

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// mayBind reports whether the kernel lets a thread bind the port (inet_port_requires_bind_service; ip(7), capabilities(7)).
// from is the first port that needs no privilege, effective the thread's capabilities, user its user namespace and owner that
// whose capabilities count. Unknown ("") means no: the kernel decides then.
func mayBind(port uint16, from int, effective uint64, user, owner string) bool {
	return int(port) >= from || user != "" && user == owner && effective&(1<<unix.CAP_NET_BIND_SERVICE) != 0
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
