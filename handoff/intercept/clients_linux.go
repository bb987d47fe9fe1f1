package intercept

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// opensForClient reports whether the address may be a client's alone, as those of FTP's passive mode and of telephone
// calls are: the process that binds it, in a generation that is ready, has a client's connection or, for UDP, gets
// datagrams, and no generation has the address. hotswap leaves such an address to the program: two generations must not
// share it.
func (s *session) opensForClient(e handoff.Endpoint, who caller) bool {
	if ready, fresh := s.registry.IsReady(s.gen, e); !ready || !fresh {
		return false
	}
	clients, ports := map[uint64]bool{}, map[uint16]bool{}
	for inode, b := range s.sockets {
		if b.listens && b.endpoint.IsUDP() && e.IsUDP() {
			clients[inode] = true
		}
	}
	for _, at := range s.registry.Endpoints(s.gen) {
		ports[at.Port()] = true
	}
	// on an error none is known
	open, _ := sockdiag.Dump(sockdiag.Query{States: 1 << sockdiag.Established})
	for _, c := range open {
		if ports[c.Local.Port()] { // inode 0, before the accept, is no process's
			clients[c.Inode] = true
		}
	}
	return procfs.Have(clients, who.pid)
}
