package reuseport

import "github.com/hotswap-dev/hotswap/handoff"

// Stranded is a client that waited at the gate of a generation that is gone, or has
// closed the gate, while another gate of the address is served.
type OrphanedConn struct {
	From handoff.GenID // the gate's owner
	To   handoff.GenID // one that serves the address now
	FD   int           // its connection, accepted; the receiver's to close
}

// AcceptStranded accepts up to limit such clients, from our duplicates of the
// gates that they wait at. While nobody serves an address, its clients stay
// where they are: the next bind is given the gate that clients are sent to.
func (r *Registry) AcceptOrphaned(limit int) []OrphanedConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []OrphanedConn
	if r.transfer != notTransferred {
		return nil
	}
	for _, g := range r.groups {
		to := g.servingGate()
		if to == nil {
			continue
		}
		for _, gate := range g.members {
			if !g.hasOrphans(gate) {
				continue
			}
			for len(out) < limit && r.clientsLocked(gate) > 0 {
				fd, ok := r.kernel.Accept(gate.fd)
				if !ok {
					break
				}
				out = append(out, OrphanedConn{From: gate.owner, To: to.owner, FD: fd})
			}
		}
	}
	return out
}
