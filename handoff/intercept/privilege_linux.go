package intercept

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// defaultFrom is PROT_SOCK (net/sock.h): the first port for everybody, where
// nothing else is set.
const defaultFrom = 1024

// privilegeOf reads what decides whether the caller may bind low ports of our
// network namespace.
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

// networkOwners are the user namespaces in which a capability counts for our
// network namespace: the one that owns it and those above, as far as we may see
// (ioctl_nsfs(2)).
func networkOwners() (out []string) {
	ns, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	for request := uint(unix.NS_GET_USERNS); ; request = unix.NS_GET_PARENT {
		owner, err := unix.IoctlRetInt(ns, request)
		_ = unix.Close(ns)
		if err != nil {
			return out // EPERM: it is above ours
		}
		var st unix.Stat_t
		if err := unix.Fstat(owner, &st); err != nil {
			_ = unix.Close(owner)
			return out
		}
		out, ns = append(out, fmt.Sprintf("user:[%d]", st.Ino)), owner
	}
}
