package intercept

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// anotherWithin is how long a generation may take to listen at another port than at port 0, and a client with its
// question.
const anotherWithin = 2 * time.Second

// elsewhere reports once that the generation listens at port 0, if it keeps that socket and does not also listen at a
// port.
func (s *session) elsewhere(inode uint64) {
	s.elsewhereOnce.Do(func() {
		s.tasks.Go(func() {
			if wait.For(s.ctx, anotherWithin) == nil && len(s.registry.Endpoints(s.gen)) == 0 &&
				procfs.Have(map[uint64]bool{inode: true}, s.tree()...) {
				s.report(handoff.Elsewhere{Gen: s.gen})
			}
		})
	})
}
