package intercept

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
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

// defaultFrom is PROT_SOCK (net/sock.h), the default of ip_unprivileged_port_start.
const defaultFrom = 1024

// privilegeOf reads the caller's privilege in hotswap's network namespace.
func (c caller) privilegeOf(owners []string) privilege {
	p := privilege{from: defaultFrom, effective: c.effective, owners: owners}
	if b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			p.from = n
		}
	}
	p.user, _ = os.Readlink(fmt.Sprintf("/proc/%d/ns/user", c.tid))
	return p
}

// networkOwners returns the user namespaces in which a capability counts for hotswap's network namespace: its
// owner and those above, as far as hotswap may see (ioctl_nsfs(2)).
func networkOwners() (out []string) {
	ns, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
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
