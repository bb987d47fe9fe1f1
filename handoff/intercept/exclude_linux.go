package intercept

import (
	"maps"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// bound is a socket of the generation that hotswap shared at its bind, or whose options were noted before.
type bound struct {
	endpoint          handoff.Endpoint // with port 0: the kernel chooses one; zero: it is not bound
	listens           bool             // it has become a gate
	v6only, reuseport bool             // as noted: see [Options]
}

// manyBound is how many sockets are remembered before those that are gone are forgotten.
const manyBound = 64

// openSockets returns the sockets that the generation's processes have open, if that matters for a bind. It is one pass
// over all descriptors of the generation, with the registry unlocked, and forgets the others.
func (s *session) openSockets(e handoff.Endpoint, self uint64) sockets.Open {
	this, _ := s.registry.Serves(s.gen, e)
	if !this && !s.excluded(e, self) {
		return nil
	}
	return s.prune()
}

// remember notes a socket, and forgets those that are gone if there are many.
func (s *session) remember(inode uint64, b bound) {
	if len(s.sockets) >= s.pruneAt {
		s.prune()
	}
	s.sockets[inode] = b
}

// prune forgets the sockets that are gone, and returns those that are open.
func (s *session) prune() sockets.Open {
	open, _ := sockets.System{}.Sockets(s.tree())
	// a gate the registry knows
	maps.DeleteFunc(s.sockets, func(inode uint64, _ bound) bool { return !open.Has(inode) })
	s.pruneAt = max(manyBound, 2*len(s.sockets))
	return open
}

// excluded reports whether a socket that the generation has bound excludes this bind, so that the kernel would refuse
// it if hotswap had not shared the other socket, which is open behind openSockets. Programs look for a free port that
// way. Where the other bind has failed, and its socket is still open, the kernel decides.
func (s *session) excluded(e handoff.Endpoint, self uint64) bool {
	for inode, b := range s.sockets {
		if inode != self && b.endpoint.Excludes(e) {
			return true
		}
	}
	return false
}
