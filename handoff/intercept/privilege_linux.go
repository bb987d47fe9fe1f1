package intercept

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// privilege decides whether the kernel lets a thread bind a low port (inet_port_requires_bind_service; ip(7),
// capabilities(7)).
type privilege struct {
	from      int      // net.ipv4.ip_unprivileged_port_start
	effective uint64   // the thread's effective capabilities
	user      string   // the thread's user namespace, "" if unknown
	owners    []string // the user namespaces whose capabilities count, see networkOwners
}

// mayBind reports whether the thread may bind the port. Unknown means no: the kernel decides then.
func (p privilege) mayBind(port uint16) bool {
	if int(port) >= p.from {
		return true
	}
	return slices.Contains(p.owners, p.user) && p.effective&(1<<unix.CAP_NET_BIND_SERVICE) != 0
}

// privilegeOf reads the caller's privilege in hotswap's network namespace.
func (c caller) privilegeOf(owners []string) privilege {
	return privilege{from: procfs.UnprivilegedPort(), effective: c.effective, user: c.proc().Link("ns/user"), owners: owners}
}

// networkOwners returns the user namespaces in which a capability counts for hotswap's network namespace: its
// owner and those above, as far as hotswap may see (ioctl_nsfs(2)).
func networkOwners() (out []string) {
	ns, err := unix.Open(procfs.Self.Path("ns/net"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	for request := uint(unix.NS_GET_USERNS); ; request = unix.NS_GET_PARENT {
		owner, err := unix.IoctlRetInt(ns, request)
		_ = unix.Close(ns)
		if err != nil {
			return out // EPERM: the namespace is above hotswap's
		}
		var st unix.Stat_t
		if err := unix.Fstat(owner, &st); err != nil {
			_ = unix.Close(owner)
			return out
		}
		out, ns = append(out, fmt.Sprintf("user:[%d]", st.Ino)), owner
	}
}
