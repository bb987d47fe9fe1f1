package intercept

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// isHere reports whether the caller's socket is in hotswap's network namespace, if that is known. A listener in another one is
// reached by none of its clients. dup is a duplicate of the socket, or -1. The thread's own namespace comes second, because
// the thread may have left the one in which it made the socket.
func (c caller) isHere(dup int) (here, known bool) {
	here, known = sockdiag.IsHere(dup)
	if known {
		return here, true
	}
	return c.proc().IsInOurNetwork()
}

// anotherWithin is how long a generation may take to listen at another port than at one that hotswap cannot hand over, and a client with
// its question.
const anotherWithin = 2 * time.Second

// elsewhere reports once that the generation has a socket where hotswap cannot hand over, if it keeps that socket and does
// not also listen where hotswap can.
func (s *session) elsewhere(why string, inode uint64) {
	s.elsewhereOnce.Do(func() {
		s.probes.Go(func() {
			if wait.For(s.ctx, anotherWithin) == nil && len(s.registry.Endpoints(s.gen)) == 0 && procfs.Holder(s.tree(), map[uint64]bool{inode: true}) != 0 {
				s.report(handoff.Elsewhere{Gen: s.gen, Why: why})
			}
		})
	})
}
