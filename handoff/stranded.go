package handoff

import "slices"

// Stranded is a client that waited at the gate of a generation that is gone,
// while another one serves the address.
type Stranded struct {
	From GenID // the generation that is gone
	To   GenID // one that serves the address now
	FD   int   // its connection, accepted; the receiver's to close
}

// AcceptStranded accepts up to limit such clients, from our duplicates of the
// gates that they wait at. While nobody serves an address, its clients stay
// where they are: the next bind is given the gate that clients are sent to.
func (r *Registry) AcceptStranded(limit int) []Stranded {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Stranded
	if r.mandate != mandateOurs {
		return nil
	}
	for _, g := range r.groups {
		i := slices.IndexFunc(g.steered, (*Gate).served)
		if i < 0 {
			continue
		}
		to := g.steered[i].owner
		for _, gate := range g.members {
			if gate.served() || slices.Contains(g.steered, gate) {
				continue
			}
			for len(out) < limit && r.clientsLocked(gate) > 0 {
				fd, ok := r.kernel.Accept(gate.fd)
				if !ok {
					break
				}
				out = append(out, Stranded{From: gate.owner, To: to, FD: fd})
			}
		}
	}
	return out
}
