package intercept

import "golang.org/x/sys/unix"

// mayBind reports whether the kernel lets a thread bind the port (inet_port_requires_bind_service; ip(7),
// capabilities(7)). from is the first port that needs no privilege, effective the thread's capabilities, user its user
// namespace and own hotswap's. Where capabilities of that do not count for the network (user_namespaces(7)), nobody has
// opened a gate at such a port. Unknown ("") means no: the kernel decides then.
func mayBind(port uint16, from int, effective uint64, user, own string) bool {
	return int(port) >= from || user != "" && user == own && effective&(1<<unix.CAP_NET_BIND_SERVICE) != 0
}
