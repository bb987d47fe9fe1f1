package intercept

// bindService is CAP_NET_BIND_SERVICE (linux/capability.h).
const bindService = 10

// privilege is what decides whether the kernel lets a thread bind a low port
// (inet_port_requires_bind_service; ip(7), capabilities(7)).
type privilege struct {
	from      int      // net.ipv4.ip_unprivileged_port_start
	effective uint64   // the thread's effective capabilities
	user      string   // its user namespace, "" if it cannot be read
	owners    []string // those in which a capability counts for the network: its owner, and the ones above
}

// mayBind says whether the thread may bind the port. What is not known counts as
// no: the bind is then left to the kernel.
func (p privilege) mayBind(port uint16) bool {
	if int(port) >= p.from {
		return true
	}
	for _, owner := range p.owners {
		if owner == p.user {
			return p.effective&(1<<bindService) != 0
		}
	}
	return false
}
