package intercept

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// isHere reports whether the caller's socket is in hotswap's network namespace. A listener in another one is reached by
// none of its clients. dup is a duplicate of the socket, or -1. The thread's own namespace comes second, because the
// thread may have left the one in which it made the socket.
func (c caller) isHere(dup int) bool {
	here, known := sockdiag.IsHere(dup)
	if !known {
		here, _ = c.proc().IsInOurNetwork()
	}
	return here
}

// anotherWithin is how long a generation may take to listen at another port than at port 0, and a client with its
// question.
const anotherWithin = 2 * time.Second

// elsewhere reports once that the generation listens at port 0, if it keeps that socket and does not also listen at a
// port.
func (s *session) elsewhere(inode uint64) {
	s.elsewhereOnce.Do(func() {
		s.probes.Go(func() {
			if wait.For(s.ctx, anotherWithin) == nil && len(s.registry.Endpoints(s.gen)) == 0 &&
				procfs.FirstWith(s.tree(), map[uint64]bool{inode: true}) != 0 {
				s.report(handoff.Elsewhere{Gen: s.gen})
			}
		})
	})
}
